import { parseRegex } from './parse.ts';
import type { Node } from './syntax.ts';

export interface Regex {
  /** Whether the whole text matches. */
  readonly test: (text: string) => boolean;
  /** Texts that should match, likely ones first. */
  readonly samples: readonly string[];
  /** Nothing in it makes a backtracking engine explode. */
  readonly isFlat: boolean;
  /** What `test` runs, for whoever follows it character by character. */
  readonly program: readonly Step[];
}

const MAX_STATES = 20_000;
/** Which options of choices samples are made of. */
const PICKS: readonly number[] = [0, 1, 2, 3];

/**
 * A regular expression with RE2's syntax and RE2's guarantee: time linear in the text, whatever the pattern. Patterns come from manifests,
 * and V8 would backtrack on them. Undefined where RE2 refuses the pattern, or where it is too large to be a real one.
 *
 * Source: Russ Cox, "Regular Expression Matching: the Virtual Machine Approach" (Pike's simulation).
 */
export function compileRegex(pattern: string): Regex | undefined {
  const node = parseRegex(pattern);
  if (!node || sizeOf(node) > MAX_STATES) return undefined;
  const program = compile(node);
  const { text: prefix } = literalPrefix(node);
  return {
    test: (text) => text.startsWith(prefix) && run(program, text),
    samples: [...new Set(PICKS.flatMap((pick) => [sample(node, 0, pick), sample(node, 1, pick)]))],
    isFlat: isFlat(node, false),
    program,
  };
}

export type Step =
  | { readonly kind: 'characters'; readonly has: (character: string) => boolean }
  | { readonly kind: 'assert'; readonly holds: (before: string, after: string) => boolean }
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'match' };

function compile(root: Node): readonly Step[] {
  const program: Step[] = [];
  const fork = (to: number[]): { kind: 'fork'; to: number[] } => {
    const step = { kind: 'fork' as const, to };
    program.push(step);
    return step;
  };
  const emit = (node: Node): void => {
    switch (node.kind) {
      case 'characters':
      case 'assert':
        program.push(node);
        return;
      case 'sequence':
        for (const part of node.parts) emit(part);
        return;
      case 'choice': {
        const ends: number[][] = [];
        const start = fork([]);
        for (const option of node.options) {
          start.to.push(program.length);
          emit(option);
          ends.push(fork([]).to);
        }
        for (const end of ends) end.push(program.length);
        return;
      }
      case 'repeat': {
        for (let i = 0; i < node.min; i++) emit(node.of);
        if (node.max === Infinity) {
          const at = program.length;
          const loop = fork([at + 1]);
          emit(node.of);
          fork([at]);
          loop.to.push(program.length);
          return;
        }
        const skips: number[][] = [];
        for (let i = node.min; i < node.max; i++) {
          skips.push(fork([program.length + 1]).to);
          emit(node.of);
        }
        for (const skip of skips) skip.push(program.length);
      }
    }
  };
  emit(root);
  program.push({ kind: 'match' });
  return program;
}

function run(program: readonly Step[], text: string): boolean {
  const characters = [...text];
  let threads = follow(program, [0], '', characters[0] ?? '');
  for (const [i, character] of characters.entries()) {
    const next: number[] = [];
    for (const at of threads) {
      const step = program[at];
      if (step?.kind === 'characters' && step.has(character)) next.push(at + 1);
    }
    if (next.length === 0) return false;
    threads = follow(program, next, character, characters[i + 1] ?? '');
  }
  return threads.some((at) => program[at]?.kind === 'match');
}

/** All steps that can be reached without taking a character. */
export function follow(
  program: readonly Step[],
  from: readonly number[],
  before: string,
  after: string,
): readonly number[] {
  const seen = new Set<number>();
  const stack = [...from];
  const found: number[] = [];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = program[at];
    if (step?.kind === 'fork') stack.push(...step.to);
    else if (step?.kind === 'assert') {
      if (step.holds(before, after)) stack.push(at + 1);
    } else found.push(at);
  }
  return found;
}

/** What every match begins with; `whole`: the node is nothing else. */
function literalPrefix(node: Node): { readonly text: string; readonly whole: boolean } {
  if (node.kind === 'characters') return { text: node.only ?? '', whole: node.only !== undefined };
  if (node.kind === 'assert') return { text: '', whole: true };
  if (node.kind !== 'sequence') return { text: '', whole: false };
  let text = '';
  for (const part of node.parts) {
    const prefix = literalPrefix(part);
    text += prefix.text;
    if (!prefix.whole) return { text, whole: false };
  }
  return { text, whole: true };
}

/** `extra`: how often to take what may be left out; `pick`: which option of a choice, the last where there are fewer. */
function sample(node: Node, extra: number, pick: number): string {
  switch (node.kind) {
    case 'characters':
      return node.example;
    case 'assert':
      return '';
    case 'sequence':
      return node.parts.map((part) => sample(part, extra, pick)).join('');
    case 'choice': {
      const option = node.options[Math.min(pick, node.options.length - 1)];
      return option ? sample(option, extra, pick) : '';
    }
    case 'repeat':
      return sample(node.of, extra, pick).repeat(Math.min(Math.max(node.min, extra), node.max));
  }
}

/** Steps that the program will have. */
function sizeOf(node: Node): number {
  switch (node.kind) {
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + sizeOf(part), 0);
    case 'choice':
      return node.options.reduce((sum, option) => sum + sizeOf(option) + 2, 1);
    case 'repeat':
      return (sizeOf(node.of) + 2) * (node.max === Infinity ? node.min + 1 : node.max);
    default:
      return 1;
  }
}

/** No choice and no repetition inside a repetition. */
function isFlat(node: Node, inLoop: boolean): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.parts.every((part) => isFlat(part, inLoop));
    case 'choice':
      return !inLoop && node.options.every((option) => isFlat(option, inLoop));
    case 'repeat':
      return node.max <= 1 ? isFlat(node.of, inLoop) : !inLoop && isFlat(node.of, true);
    default:
      return true;
  }
}
