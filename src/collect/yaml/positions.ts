import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import type { Path } from '../../model/resource.ts';
import { type Insertion, originalOffset, withRepairs } from './repair.ts';
import { kubernetesSchema } from './schema.ts';

/** What a document consists of, in the order of its text. */
export interface YamlNodes {
  readonly text: string;
  readonly events: readonly Event[];
  readonly insertions: readonly Insertion[];
}

/** For texts that were parsed before; one that cannot be parsed has no nodes. */
export function readNodes(text: string): YamlNodes {
  const read = withRepairs(text, (repaired) => parseEvents(repaired, { maxDepth: 1000 }));
  return 'error' in read ? { text, events: [], insertions: [] } : { ...read, events: read.result };
}

/** After the event that opens the document. */
const ROOT = 1;

/**
 * Offset of the value at `path`, or of its nearest ancestor that exists. A value that comes through an alias or a merge is where it was
 * written; only an alias that is itself asked for is the place.
 */
export function findValue(nodes: YamlNodes, path: Path): number {
  let node = ROOT;
  let offset = startOf(nodes, node);
  for (const step of path) {
    const parent = followAlias(nodes, node);
    const child = typeof step === 'number' ? findEntry(nodes, parent, step) : findKey(nodes, parent, step);
    if (!child) break;
    node = child.node;
    const start = startOf(nodes, node);
    offset = start === NOWHERE ? child.fallback : start;
  }
  return originalOffset(nodes.insertions, Math.max(0, offset));
}

interface Child {
  /** Index of its event. */
  readonly node: number;
  /** Offset of a value that has no text of its own, as that of `key:`. */
  readonly fallback: number;
}

const NOWHERE = -1;

function findEntry(nodes: YamlNodes, list: number, index: number): Child | undefined {
  const { events } = nodes;
  if (events[list]?.type !== EVENT_ID.SEQUENCE) return undefined;
  let at = list + 1;
  for (let i = 0; i < index && !isEnd(events[at]); i++) at = after(events, at);
  return isEnd(events[at]) ? undefined : { node: at, fallback: startOf(nodes, list) };
}

/** A key of its own before those that merges bring. Each mapping is looked at once, also where merges go round in circles. */
function findKey(nodes: YamlNodes, mapping: number, key: string): Child | undefined {
  const stack = [mapping];
  const seen = new Set<number>();
  for (let current = stack.pop(); current !== undefined; current = stack.pop()) {
    if (seen.has(current)) continue;
    seen.add(current);
    let found: Child | undefined;
    const merged: number[] = [];
    for (const pair of pairs(nodes, current)) {
      const name = keyText(nodes, pair.key);
      if (name === key) found = { node: pair.value, fallback: Math.max(0, startOf(nodes, pair.key)) };
      else if (name === '<<') merged.push(...mergeSources(nodes, pair.value));
    }
    if (found) return found;
    stack.push(...merged.reverse());
  }
  return undefined;
}

/** The mappings that the value of `<<` stands for: one or a list. */
function mergeSources(nodes: YamlNodes, value: number): number[] {
  const { events } = nodes;
  const target = followAlias(nodes, value);
  if (events[target]?.type !== EVENT_ID.SEQUENCE) return [target];
  const sources: number[] = [];
  for (let at = target + 1; !isEnd(events[at]); at = after(events, at)) sources.push(followAlias(nodes, at));
  return sources;
}

function* pairs({ events }: YamlNodes, mapping: number): Generator<{ readonly key: number; readonly value: number }> {
  if (events[mapping]?.type !== EVENT_ID.MAPPING) return;
  for (let key = mapping + 1; !isEnd(events[key]); ) {
    const value = after(events, key);
    yield { key, value };
    key = after(events, value);
  }
}

/** A key as it is in the value: the plain key `on` is `true` there. */
function keyText(nodes: YamlNodes, at: number): string | undefined {
  const event = nodes.events[followAlias(nodes, at)];
  if (event?.type !== EVENT_ID.SCALAR) return undefined;
  const text = event.valueStart === NOWHERE ? '' : getScalarValue(nodes.text, event);
  if (event.style !== SCALAR_STYLE.PLAIN || event.tagStart !== NOWHERE) return text;
  return String(kubernetesSchema.resolveImplicitScalarTag(text).value);
}

/** The node that an alias stands for: the last one before it that is anchored under its name. */
function followAlias({ events, text }: YamlNodes, at: number): number {
  const alias = events[at];
  if (alias?.type !== EVENT_ID.ALIAS) return at;
  const name = text.slice(alias.anchorStart, alias.anchorEnd);
  for (let i = at - 1; i >= 0; i--) {
    const event = events[i];
    if (!event || event.type === EVENT_ID.ALIAS || !('anchorStart' in event) || event.anchorStart === NOWHERE) continue;
    if (text.slice(event.anchorStart, event.anchorEnd) === name) return i;
  }
  return at;
}

function isEnd(event: Event | undefined): boolean {
  return event === undefined || event.type === EVENT_ID.POP;
}

/** Index of the event after the node at `at`. */
function after(events: readonly Event[], at: number): number {
  let depth = 0;
  for (let i = at; i < events.length; i++) {
    const type = events[i]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++;
    else if (type === EVENT_ID.POP) depth--;
    if (depth <= 0) return i + 1;
  }
  return events.length;
}

/** Where a node's text starts, its quotes included. */
function startOf({ events, text }: YamlNodes, at: number): number {
  const event = events[at];
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    case EVENT_ID.SCALAR:
      return scalarStart(text, event);
    default:
      return NOWHERE;
  }
}

function scalarStart(text: string, { style, valueStart, valueEnd }: ScalarEvent): number {
  if (style === SCALAR_STYLE.PLAIN) return valueStart;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return valueStart - 1;
  // Of `|` and `>` only the text is known; an empty one is at the end of the line before.
  let at = valueStart;
  while (at < valueEnd && (text[at] === ' ' || text[at] === '\n')) at++;
  return at < valueEnd ? at : valueStart - 1;
}
