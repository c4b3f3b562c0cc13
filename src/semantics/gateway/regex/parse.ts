import {
  ASSERTIONS,
  charactersNode,
  EMPTY,
  type Flags,
  lineEnd,
  lineStart,
  literal,
  type Node,
  PERL,
  POSIX,
} from './syntax.ts';

/** RE2's own limit for a counted repetition. */
const MAX_COUNT = 1000;
const MAX_DEPTH = 200;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' };

class NotRe2 extends Error {}

/** Parses what RE2 takes; undefined for what it refuses (look-around, back references, broken syntax). */
export function parseRegex(pattern: string): Node | undefined {
  const parser = new Parser(pattern);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof NotRe2) return undefined;
    throw error;
  }
}

class Parser {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, multiline: false };

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw new NotRe2();
    return node;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(): string {
    const next = this.#text[this.#at++];
    if (next === undefined) throw new NotRe2();
    return next;
  }

  #accept(text: string): boolean {
    const wanted = [...text];
    if (!wanted.every((character, i) => this.#text[this.#at + i] === character)) return false;
    this.#at += wanted.length;
    return true;
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new NotRe2();
    const options = [this.#sequence()];
    while (this.#accept('|')) options.push(this.#sequence());
    this.#depth--;
    const [only] = options;
    return options.length === 1 && only ? only : { kind: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated(this.#atom()));
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: 'sequence', parts };
  }

  #repeated(atom: Node): Node {
    let node = atom;
    let repeats = 0;
    for (let bounds = this.#bounds(); bounds; bounds = this.#bounds()) {
      if (++repeats > 1) throw new NotRe2();
      this.#accept('?');
      node = { kind: 'repeat', of: node, ...bounds };
    }
    return node;
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#accept('*')) return { min: 0, max: Infinity };
    if (this.#accept('+')) return { min: 1, max: Infinity };
    if (this.#accept('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(''));
    if (!counted) return undefined;
    this.#at += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] ? Number(counted[3]) : Infinity;
    if (min > MAX_COUNT || (max !== Infinity && (max > MAX_COUNT || max < min))) throw new NotRe2();
    return { min, max };
  }

  #atom(): Node {
    const next = this.#take();
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.': {
        const { dotAll } = this.#flags;
        return charactersNode((c) => dotAll || c !== '\n', this.#flags);
      }
      case '^':
        return lineStart(this.#flags);
      case '$':
        return lineEnd(this.#flags);
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new NotRe2();
      default:
        return literal(next, this.#flags);
    }
  }

  #group(): Node {
    const outer = this.#flags;
    if (this.#accept('?P<') || this.#accept('?<')) {
      if (!/^[A-Za-z_]\w*$/.test(this.#until('>'))) throw new NotRe2();
    } else if (this.#accept('?')) {
      const written = /^(-?[imsU]+)*-?[imsU]*[:)]/.exec(this.#text.slice(this.#at, this.#at + 16).join(''))?.[0];
      if (written === undefined) throw new NotRe2();
      this.#at += written.length;
      this.#flags = withFlags(outer, written.slice(0, -1));
      // Flags alone hold to the end of the group around them.
      if (written.endsWith(')')) return EMPTY;
    }
    const node = this.#choice();
    if (!this.#accept(')')) throw new NotRe2();
    this.#flags = outer;
    return node;
  }

  #until(end: string): string {
    const from = this.#at;
    while (this.#take() !== end);
    return this.#text.slice(from, this.#at - 1).join('');
  }

  #escape(): Node {
    const next = this.#take();
    if (next === 'Q') return this.#quoted();
    const assertion = ASSERTIONS[next];
    if (assertion) return { kind: 'assert', holds: assertion };
    const set = this.#escapedSet(next);
    return set ? charactersNode(set, this.#flags) : literal(this.#escapedCharacter(next), this.#flags);
  }

  #quoted(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !this.#accept('\\E')) parts.push(literal(this.#take(), this.#flags));
    return { kind: 'sequence', parts };
  }

  #escapedSet(next: string): ((character: string) => boolean) | undefined {
    const perl = PERL[next.toLowerCase()];
    if (perl) return next === next.toLowerCase() ? perl : (c) => !perl(c);
    if (next !== 'p' && next !== 'P') return undefined;
    const name = this.#accept('{') ? this.#until('}') : this.#take();
    const property = unicodeProperty(name);
    return next === 'p' ? property : (c) => !property(c);
  }

  #escapedCharacter(next: string): string {
    const simple = SIMPLE_ESCAPES[next];
    if (simple !== undefined) return simple;
    if (next === 'x') {
      const digits = this.#accept('{') ? this.#until('}') : this.#take() + this.#take();
      const code = /^[0-9A-Fa-f]{1,6}$/.test(digits) ? Number.parseInt(digits, 16) : Infinity;
      if (code > 0x10ffff) throw new NotRe2();
      return String.fromCodePoint(code);
    }
    if (/[0-9A-Za-z]/.test(next)) throw new NotRe2();
    return next;
  }

  #class(): Node {
    const negated = this.#accept('^');
    const tests: ((character: string) => boolean)[] = [];
    for (let first = true; first || !this.#accept(']'); first = false) tests.push(this.#classItem());
    const some = (c: string): boolean => tests.some((test) => test(c));
    if (!negated) return charactersNode(some, this.#flags);
    const { ignoreCase } = this.#flags;
    const none = ignoreCase ? (c: string) => !some(c.toLowerCase()) && !some(c.toUpperCase()) : (c: string) => !some(c);
    return charactersNode(none, { ...this.#flags, ignoreCase: false });
  }

  #classItem(): (character: string) => boolean {
    if (this.#accept('[:')) {
      const negated = this.#accept('^');
      const name = this.#until(':');
      const posix = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
      if (!posix || !this.#accept(']')) throw new NotRe2();
      return (c) => posix(c) !== negated;
    }
    const next = this.#take();
    if (next === '\\') {
      const escaped = this.#take();
      const set = this.#escapedSet(escaped);
      return set ?? this.#range(this.#escapedCharacter(escaped));
    }
    return this.#range(next);
  }

  #range(low: string): (character: string) => boolean {
    if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']') return (c) => c === low;
    this.#at++;
    const next = this.#take();
    const high = next === '\\' ? this.#escapedCharacter(this.#take()) : next;
    const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
    if (to < from) throw new NotRe2();
    return (c) => (c.codePointAt(0) ?? 0) >= from && (c.codePointAt(0) ?? 0) <= to;
  }
}

function withFlags(flags: Flags, written: string): Flags {
  const next = { ...flags };
  let on = true;
  for (const flag of written) {
    if (flag === '-') on = false;
    else if (flag === 'i') next.ignoreCase = on;
    else if (flag === 's') next.dotAll = on;
    else if (flag === 'm') next.multiline = on;
  }
  return next;
}

function unicodeProperty(name: string): (character: string) => boolean {
  try {
    const expression = new RegExp(`^\\p{${name.length > 2 ? `Script=${name}` : name}}$`, 'u');
    return (c) => expression.test(c);
  } catch {
    throw new NotRe2();
  }
}
