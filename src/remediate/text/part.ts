import {
  type Alias,
  type CollectionTag,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type ScalarTag,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Path } from '../../model/resource.ts';
import type { Style } from './render.ts';
import { EditRefusal, lineEnd, lineStart } from './splice.ts';

/** A document, or an entry of a list in one, as text and as nodes; all offsets are in `text`. */
export interface Part {
  readonly text: string;
  readonly format: 'yaml' | 'json';
  readonly document: Document;
  readonly style: Style;
  /** Names of anchors that an alias refers to. */
  readonly aliased: ReadonlySet<string>;
}

/** What holds a value. */
export type Holder =
  | { readonly kind: 'root' }
  | { readonly kind: 'pair'; readonly map: YAMLMap; readonly pair: Pair; readonly index: number }
  | { readonly kind: 'item'; readonly seq: YAMLSeq; readonly index: number };

export interface Spot {
  readonly holder: Holder;
  readonly node: Node | null;
  /** Of the collection that holds it. */
  readonly above?: Spot;
}

/** YAML 1.1 without the types that JSON has not, as Kubernetes reads it. */
const OMITTED = /:(timestamp|binary|omap|pairs|set)$/;

/** `y` and `n` are text for Kubernetes. */
function asKubernetes(tag: CollectionTag | ScalarTag): (CollectionTag | ScalarTag)[] {
  if (OMITTED.test(tag.tag)) return [];
  if (!tag.tag.endsWith(':bool') || !('test' in tag) || !tag.test) return [tag];
  const words = tag.test.test('true')
    ? /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/
    : /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/;
  return [{ ...tag, test: words } as ScalarTag];
}

export function parsePart(text: string, format: Part['format']): Part {
  const document = parseDocument(text, {
    version: '1.1',
    keepSourceTokens: true,
    strict: true,
    customTags: (tags) => tags.flatMap((tag): typeof tags => (typeof tag === 'string' ? [tag] : asKubernetes(tag))),
  }) as unknown as Document;
  const [error] = document.errors;
  if (error)
    throw new EditRefusal(`the text cannot be edited in place: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
  const aliased = new Set<string>();
  visit(document, { Alias: (_key, { source }) => void aliased.add(source) });
  return { text, format, document, aliased, style: findStyle(text, document) };
}

export const readValue = ({ document, format, text }: Part): unknown =>
  format === 'json' ? JSON.parse(text) : document.toJS({ maxAliasCount: -1 });

function findStyle(text: string, document: Document): Style {
  let step: number | undefined;
  let dashes: number | undefined;
  const quotes = { single: 0, double: 0 };
  visit(document, {
    Scalar: (_key, { type }) => {
      if (type === 'QUOTE_SINGLE') quotes.single++;
      if (type === 'QUOTE_DOUBLE') quotes.double++;
    },
    Pair: (_key, { key, value }) => {
      if (!isCollection(value) || value.flow || !isScalar(key) || !key.range || !value.range) return;
      const by = columnOf(text, value.range[0]) - columnOf(text, key.range[0]);
      if (isMap(value)) step ??= by;
      else dashes ??= by;
    },
  });
  return {
    step: Math.max(1, step ?? 2),
    dashes: dashes ?? step ?? 2,
    quote: quotes.single > quotes.double ? 'single' : 'double',
  };
}

export const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** The value at a path, or its nearest ancestor that exists with the steps that are left. */
export function findSpot(part: Part, path: Path): { readonly spot: Spot; readonly rest: Path } {
  let spot: Spot = { holder: { kind: 'root' }, node: part.document.contents as Node | null };
  for (const [depth, step] of path.entries()) {
    const child: Spot | undefined = findChild(spot, step);
    if (!child) return { spot, rest: path.slice(depth) };
    refuseShared(part, spot.node, path.slice(0, depth));
    spot = child;
  }
  return { spot, rest: [] };
}

function findChild(above: Spot, step: string | number): Spot | undefined {
  const { node } = above;
  if (isAlias(node)) throw new EditRefusal(`the value is written elsewhere: \`*${node.source}\` stands for it`);
  if (isMap(node)) {
    const index = node.items.findIndex(({ key }) => keyText(key) === String(step));
    const pair = node.items[index];
    return (
      pair && { holder: { kind: 'pair', map: node, pair, index }, node: (pair.value ?? null) as Node | null, above }
    );
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    if (item === undefined) return undefined;
    return {
      holder: { kind: 'item', seq: node, index: step },
      node: isPair(item) ? null : (item as Node | null),
      above,
    };
  }
  return undefined;
}

const keyText = (key: unknown): string | undefined => (isScalar(key) ? String(key.value) : undefined);

/** An anchored value that aliases repeat would change in their places too. */
function refuseShared({ aliased }: Part, node: Node | null, path: Path): void {
  const anchor = node && 'anchor' in node ? (node as Exclude<Node, Alias>).anchor : undefined;
  if (anchor === undefined || !aliased.has(anchor)) return;
  const where = path.length === 0 ? 'the object' : `\`${path.join('.')}\``;
  throw new EditRefusal(
    `${where} is anchored as \`&${anchor}\` and repeated by \`*${anchor}\`: the change would reach those places too`,
  );
}

/** The same for all that a value holds, before it is taken out. */
export function refuseSharedInside(part: Part, node: Node | null, path: Path): void {
  if (!node) return;
  visit(node as Node, { Node: (_key, inner) => refuseShared(part, inner as Node, path) });
}

/** Right after the `:` of a pair, or the `-` of an entry, and the anchor or tag that follows it; undefined where there is none. */
export function headEnd(holder: Holder): number | undefined {
  const tokens =
    holder.kind === 'pair'
      ? holder.pair.srcToken?.sep
      : holder.kind === 'item'
        ? itemToken(holder.seq, holder.index)?.start
        : undefined;
  let end: number | undefined;
  for (const { type, offset, source } of (tokens ?? []) as readonly {
    type: string;
    offset: number;
    source: string;
  }[]) {
    if (type === 'map-value-ind' || type === 'seq-item-ind') end = offset + 1;
    else if (end !== undefined && (type === 'anchor' || type === 'tag')) end = offset + source.length;
  }
  return end;
}

function itemToken(seq: YAMLSeq, index: number): { readonly start: readonly object[] } | undefined {
  const token = seq.srcToken;
  return token && 'items' in token ? token.items[index] : undefined;
}

export function dashOf(seq: YAMLSeq, index: number): number {
  const tokens = (itemToken(seq, index)?.start ?? []) as readonly { type: string; offset: number }[];
  const dash = tokens.find(({ type }) => type === 'seq-item-ind');
  if (!dash) throw new EditRefusal('a list in a form that cannot be edited in place');
  return dash.offset;
}

export function keyStart({ key, srcToken }: Pair): number {
  const explicit = srcToken?.start.find(({ type }) => type === 'explicit-key-ind');
  const at = explicit?.offset ?? (isScalar(key) ? key.range?.[0] : undefined);
  if (at === undefined) throw new EditRefusal('a key in a form that cannot be edited in place');
  return at;
}

/** Whether a value has text of its own: not the nothing after `key:`. */
export const isWritten = (node: Node | null): node is Node => !!node?.range && node.range[1] > node.range[0];

export const isFlow = (node: unknown): boolean => isCollection(node) && node.flow === true;

export const isBlockScalar = (node: Node | null): boolean =>
  isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');

/** Where the text of what a holder holds ends: comments and blank lines after it do not belong to it. */
export function contentEnd(holder: Holder, node: Node | null): number {
  if (isCollection(node) && !node.flow && node.items.length > 0) {
    const index = node.items.length - 1;
    const last = node.items[index];
    if (isMap(node) && isPair(last))
      return contentEnd({ kind: 'pair', map: node, pair: last, index }, (last.value ?? null) as Node | null);
    if (isSeq(node)) return contentEnd({ kind: 'item', seq: node, index }, isPair(last) ? null : (last as Node | null));
  }
  if (isWritten(node)) return node.range?.[1] ?? 0;
  const end = headEnd(holder);
  if (end !== undefined) return end;
  const key = holder.kind === 'pair' && isScalar(holder.pair.key) ? holder.pair.key.range?.[1] : undefined;
  if (key !== undefined) return key;
  throw new EditRefusal('a value in a form that cannot be edited in place');
}

/** Where the line after the one of `end` starts; block scalars end with their own line break. */
export function afterLine(text: string, end: number): number {
  if (end > 0 && text[end - 1] === '\n') return end;
  return Math.min(text.length, lineEnd(text, end) + 1);
}
