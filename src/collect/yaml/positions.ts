import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import type { Path } from '../../model/resource.ts';
import { kubernetesSchema } from './schema.ts';

/** The events of one document, to find values in. */
export interface YamlNodes {
  readonly text: string;
  readonly events: readonly Event[];
}

export function readNodes(text: string, depth: number): YamlNodes {
  return { text, events: parseEvents(text, { maxDepth: depth }) };
}

/**
 * Offset in `text` of the value at `path`, or of its nearest ancestor that exists. Values that come through an alias or a merge are where
 * they were written; the alias itself is the place only if it is the value asked for.
 */
export function findValue(nodes: YamlNodes, path: Path): number {
  let node = 1; // after the DOCUMENT event
  let best = startOf(nodes, node);
  for (const step of path) {
    node = followAlias(nodes, node);
    const child = typeof step === 'number' ? findItem(nodes, node, step) : findKey(nodes, node, step, 0);
    if (child === undefined) break;
    node = child.value;
    const start = startOf(nodes, node);
    best = start === -1 ? child.key : start;
  }
  return Math.max(0, best);
}

interface Child {
  /** Index of the value's event. */
  readonly value: number;
  /** Offset to use for values that have no text of their own (`key:`). */
  readonly key: number;
}

function findItem({ events, text }: YamlNodes, list: number, index: number): Child | undefined {
  const event = events[list];
  if (event?.type !== EVENT_ID.SEQUENCE) return undefined;
  let at = list + 1;
  for (let i = 0; i < index && !isEnd(events[at]); i++) at = after(events, at);
  return isEnd(events[at]) ? undefined : { value: at, key: startOf({ events, text }, list) };
}

/** Merges may nest; the bound stops maps that merge themselves. */
function findKey(nodes: YamlNodes, map: number, key: string, merges: number): Child | undefined {
  const { events } = nodes;
  if (events[map]?.type !== EVENT_ID.MAPPING || merges > 20) return undefined;
  const merged: number[] = [];
  for (let at = map + 1; !isEnd(events[at]); ) {
    const value = after(events, at);
    const name = keyText(nodes, at);
    if (name === key) return { value, key: Math.max(0, startOf(nodes, at)) };
    if (name === '<<') merged.push(value);
    at = after(events, value);
  }
  for (const source of merged) {
    const target = followAlias(nodes, source);
    if (events[target]?.type !== EVENT_ID.SEQUENCE) {
      const found = findKey(nodes, target, key, merges + 1);
      if (found) return found;
      continue;
    }
    for (let item = target + 1; !isEnd(events[item]); item = after(events, item)) {
      const found = findKey(nodes, followAlias(nodes, item), key, merges + 1);
      if (found) return found;
    }
  }
  return undefined;
}

/** A key as it is in the value: plain `on` is the key `true`. */
function keyText(nodes: YamlNodes, at: number): string | undefined {
  const event = nodes.events[followAlias(nodes, at)];
  if (event?.type !== EVENT_ID.SCALAR) return undefined;
  const text = scalarText(nodes, event);
  if (event.style !== SCALAR_STYLE.PLAIN || event.tagStart !== -1) return text;
  return String(kubernetesSchema.resolveImplicitScalarTag(text).value);
}

function scalarText(nodes: YamlNodes, event: ScalarEvent): string {
  return event.valueStart === -1 ? '' : getScalarValue(nodes.text, event);
}

/** The node that an alias stands for: the last one anchored under that name before it. */
function followAlias(nodes: YamlNodes, at: number): number {
  const alias = nodes.events[at];
  if (alias?.type !== EVENT_ID.ALIAS) return at;
  const name = nodes.text.slice(alias.anchorStart, alias.anchorEnd);
  for (let i = at - 1; i >= 0; i--) {
    const event = nodes.events[i];
    if (!event || !('anchorStart' in event) || event.type === EVENT_ID.ALIAS || event.anchorStart === -1) continue;
    if (nodes.text.slice(event.anchorStart, event.anchorEnd) === name) return i;
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

/** Where a node's text starts, quotes included; -1 for a value that has no text. */
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
      return -1;
  }
}

function scalarStart(text: string, { style, valueStart, valueEnd }: ScalarEvent): number {
  if (style === SCALAR_STYLE.PLAIN) return valueStart;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return valueStart - 1;
  let at = valueStart;
  while (at < valueEnd && (text[at] === ' ' || text[at] === '\n')) at++;
  return at < valueEnd ? at : valueStart - 1;
}
