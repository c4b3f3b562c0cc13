import { describe, expect, it } from 'vitest';
import {
  any,
  boolean,
  Decoding,
  entries,
  formatPath,
  ignored,
  intOrString,
  list,
  map,
  number,
  object,
  oneOf,
  type Shape,
  string,
  text,
} from './shape.ts';

function run<T>(shape: Shape<T>, value: unknown) {
  const at = new Decoding(['spec']);
  const decoded = shape.decode(value, at);
  return {
    decoded,
    issues: at.issues.map(({ path, message, help, fatal }) => ({ path: formatPath(path), message, help, fatal })),
  };
}

describe('shapes', () => {
  it('takes what has the right type, at any depth', () => {
    const shape = object({ a: list(object({ b: string })), c: map(number), d: boolean, e: intOrString, f: any });
    const value = { a: [{ b: 'x' }], c: { one: 1 }, d: false, e: 'http', f: { g: null } };
    expect(run(shape, value)).toEqual({ decoded: value, issues: [] });
  });

  it('reports a wrong type with its path, drops that value alone and goes on', () => {
    const { decoded, issues } = run(object({ ports: list(object({ number })), name: string }), {
      ports: [{ number: '80' }, { number: 81 }],
      name: 'x',
    });
    expect(decoded).toEqual({ ports: [{}, { number: 81 }], name: 'x' });
    expect(issues).toMatchObject([{ path: 'spec.ports[0].number', fatal: true }]);
  });

  it('reads null as absent, but not in a list', () => {
    const { decoded, issues } = run(object({ a: string, b: list(string) }), { a: null, b: ['x', null] });
    expect(decoded).toEqual({ b: ['x'] });
    expect(issues).toMatchObject([{ path: 'spec.b[1]', fatal: true }]);
  });

  it('reads an empty entry of a built-in kind as an empty object', () => {
    const { decoded, issues } = run(entries(object({ a: string })), [null, { a: 'x' }]);
    expect(decoded).toEqual([{}, { a: 'x' }]);
    expect(issues).toMatchObject([{ path: 'spec[0]', fatal: false }]);
  });

  it('reports unknown fields only where it is strict', () => {
    expect(run(object({ hosts: string }), { host: 'x' })).toEqual({ decoded: {}, issues: [] });
    const { issues } = run(object({ hosts: string, gateways: string }, { strict: true }), { host: 'x', zebra: 1 });
    expect(issues.map(({ help }) => help)).toEqual(['did you mean `hosts`?', 'known here: hosts, gateways']);
  });

  it('suggests the nearest word of a set', () => {
    expect(run(oneOf('STRICT', 'PERMISSIVE'), 'PERMISIVE').issues).toMatchObject([
      { help: 'did you mean `PERMISSIVE`?', fatal: true },
    ]);
    expect(run(oneOf('STRICT'), 7).decoded).toBeUndefined();
  });

  it('never quotes scalars that may be secrets', () => {
    for (const shape of [number, boolean, list(string), map(string), object({})]) {
      expect(JSON.stringify(run<unknown>(shape, 'hunter2').issues)).not.toContain('hunter2');
    }
  });

  it('reads label values in their string form', () => {
    expect(run(map(text), { a: true, b: 1, c: 'x', d: [] })).toMatchObject({ decoded: { a: 'true', b: '1', c: 'x' } });
    expect(run(map(text), { a: true }).issues).toMatchObject([{ path: 'spec.a', fatal: true }]);
  });

  it('knows ignored fields and drops them', () => {
    expect(run(object({ retries: ignored }, { strict: true }), { retries: { attempts: 3 } })).toEqual({
      decoded: {},
      issues: [],
    });
  });

  it('keeps `__proto__` of user data as data', () => {
    const value = JSON.parse('{"__proto__": "x", "constructor": "y"}') as unknown;
    const { decoded } = run(map(string), value);
    expect(Object.keys(decoded ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    const strict = run(object({ a: string }, { strict: true }), value);
    expect(strict.issues).toHaveLength(2);
  });

  it('writes paths as people read them', () => {
    expect(formatPath(['spec', 'rules', 0, 'from'])).toBe('spec.rules[0].from');
    expect(formatPath(['metadata', 'annotations', 'istio.io/dry-run'])).toBe(
      'metadata.annotations["istio.io/dry-run"]',
    );
  });
});
