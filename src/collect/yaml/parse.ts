import { loadAll, YAMLException } from 'js-yaml';
import type { Limits } from '../limits.ts';
import { findExcess } from './expansion.ts';
import { explainReason, findPlaceholder, type Problem } from './explain.ts';
import { withRepairs } from './repair.ts';
import { loadOptions } from './schema.ts';
import type { Span } from './split.ts';

/** A value, a problem, or a value that was read in spite of a problem. */
export interface Parsed {
  readonly value?: unknown;
  readonly problem?: Problem;
}

/** The value of the one document in `span`. */
export function parseYaml(text: string, span: Span, limits: Limits): Parsed {
  const slice = text.slice(span.start, span.end);
  if (slice.length > limits.yamlCharacters) {
    return fail(
      span.start,
      `a YAML document of more than ${limits.yamlCharacters} characters`,
      'split it, or write JSON',
    );
  }
  return parse(slice, span.start, limits, false);
}

function parse(slice: string, start: number, limits: Limits, lastWins: boolean): Parsed {
  const options = { ...loadOptions(limits), json: lastWins };
  const read = withRepairs(slice, (text) => loadAll(text, options));
  if ('error' in read) {
    const problem = explain(read.error, slice, read.offset, start);
    const isDuplicate = read.error instanceof YAMLException && read.error.reason === 'duplicated mapping key';
    return isDuplicate && !lastWins ? { ...parse(slice, start, limits, true), problem } : { problem };
  }
  const [value = null, ...more] = read.result;
  if (more.length > 0) return fail(start, 'more than one document: expected one', 'remove the `---` inside');
  // Only aliases can make a value larger than its text.
  const excess = slice.includes('&') && slice.includes('*') ? findExcess(value, limits) : undefined;
  return excess === undefined ? { value } : fail(start, excess, 'write the values out');
}

function fail(offset: number, message: string, help: string): Parsed {
  return { problem: { offset, message, help } };
}

function explain(error: unknown, slice: string, at: number, start: number): Problem {
  const reason = error instanceof YAMLException ? error.reason : String(error);
  const { offset, message, help } = findPlaceholder(slice, at, reason) ?? {
    offset: at,
    ...explainReason(reason, slice, at),
  };
  return { offset: start + offset, message, help };
}
