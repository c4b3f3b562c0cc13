import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/collect/files/decode.ts';
import { DEFAULT_LIMITS } from '../../src/collect/limits.ts';
import { type ReadText, readText } from '../../src/collect/read-text.ts';
import { parseYaml } from '../../src/collect/yaml/parse.ts';
import type { Path } from '../../src/model/resource.ts';
import { mutation, object, stream, writer } from './manifests.ts';

const SEED = 20261;

/** Whatever the text, what comes out can be worked with. */
function check(text: string, { objects, diagnostics }: ReadText): void {
  const lines = text.split(/\r\n?|\n/).length;
  for (const { value, origin } of objects) {
    expect(typeof value.kind).toBe('string');
    expect(typeof value.apiVersion).toBe('string');
    for (const path of [[], ['metadata', 'name'], ['spec', 'rules', 0, 'from'], ['metadata', 'labels', 'on']]) {
      const place = origin.locate(path);
      expect('line' in place && place.line >= origin.line && place.line <= lines && place.column >= 1).toBe(true);
    }
  }
  for (const { file, line, message } of diagnostics) {
    expect(file).toBe('f.yaml');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(message).toMatch(/^[^\n]{1,300}$/);
  }
}

describe('any input is read or refused, never a crash', () => {
  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const decoded = decodeText(Buffer.from(bytes));
        if (!('text' in decoded)) return;
        check(decoded.text, readText(decoded.text, 'f.yaml', { isLossy: decoded.isLossy }));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('random text of the characters that mean something', () => {
    const characters = fc.constantFrom(
      ...'[]{}:,-?&*!|>\'"%@`#\\<~=.a1 \t'.split(''),
      '\n',
      '\n',
      '  ',
      ': ',
      '- ',
      '---\n',
      '&a ',
      '*a',
    );
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 120 }), (parts) => {
        const text = parts.join('');
        check(text, readText(text, 'f.yaml'));
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it('truncated manifests', () => {
    fc.assert(
      fc.property(stream, fc.nat(), (whole, cut) => {
        const text = whole.slice(0, cut % (whole.length + 1));
        check(text, readText(text, 'f.yaml'));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('mutated manifests', () => {
    fc.assert(
      fc.property(stream, mutation, (whole, mutate) => {
        const text = mutate(whole);
        check(text, readText(text, 'f.yaml'));
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });
});

describe('what is written is what is read', () => {
  it('objects survive each way of writing them', () => {
    fc.assert(
      fc.property(object, writer, (written, write) => {
        const text = write(written);
        const { objects, diagnostics } = readText(text, 'f.yaml');
        expect(diagnostics).toEqual([]);
        expect(objects.map(({ value }) => value)).toEqual([written]);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('places are those of the values', () => {
    fc.assert(
      fc.property(object, object, writer, fc.boolean(), (one, two, write, asList) => {
        const text = asList
          ? write({ apiVersion: 'v1', kind: 'List', items: [one, two] })
          : `${write(one)}\n---\n# two\n${write(two)}`;
        const lines = text.split('\n');
        const { objects } = readText(text, 'f.yaml');
        expect(objects).toHaveLength(2);
        for (const { value, origin } of objects) {
          for (const [path, scalar] of scalars(value, [])) {
            const place = origin.locate(path);
            if (!('line' in place)) throw new Error('no file');
            const rest = [lines[place.line - 1]?.slice(place.column - 1), ...lines.slice(place.line)].join('\n');
            expect(startsWith(rest, scalar), `${JSON.stringify(path)} of\n${text}\nat ${rest.slice(0, 40)}`).toBe(true);
          }
        }
      }),
      { seed: SEED, numRuns: 400 },
    );
  });
});

function* scalars(value: unknown, path: Path): Generator<readonly [Path, unknown]> {
  if (typeof value !== 'object' || value === null) yield [path, value];
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* scalars(item, [...path, index]);
  else for (const [key, item] of Object.entries(value)) yield* scalars(item, [...path, key]);
}

/** Whether a text begins with a scalar, in whichever style. */
function startsWith(text: string, scalar: unknown): boolean {
  const quoted = /^"(?:[^"\\]|\\[\s\S])*"|^'(?:[^']|'')*'/.exec(text)?.[0];
  if (quoted) return parseYaml(quoted, { start: 0, end: quoted.length }, DEFAULT_LIMITS).value === scalar;
  if (scalar === null) return /^(null|~|\s*$)/m.test(text) || /^\S+:/.test(text);
  const head = String(scalar).trimStart().split(/[ \n]/)[0] ?? '';
  return text.startsWith(head) || Number.parseFloat(text) === scalar;
}
