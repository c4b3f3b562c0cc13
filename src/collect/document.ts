import { jsonItems, findJsonValue } from './json/positions.ts';
import type { Path } from '../model/resource.ts';
import type { FileLocation } from '../result/location.ts';
import { locationAt, type SourceText } from './source-text.ts';
import { yamlItems } from './yaml/items.ts';
import { findValue, readNodes, type YamlNodes } from './yaml/positions.ts';
import { firstContent } from './yaml/split.ts';

/** One document inside a file, and how to find its values again when somebody asks. */
export interface SourceDocument {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  readonly format: 'yaml' | 'json';
  /** Where the objects of a List start; made on first use, so that asking for each of them does not read the List each time. */
  items?: readonly number[];
}
