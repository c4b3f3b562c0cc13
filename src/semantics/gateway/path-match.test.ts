import { describe, expect, it } from 'vitest';
import type { StringMatch } from '../../model/istio/http-route.ts';
import { compilePathMatch, subsumesPath, textOfPath } from './path-match.ts';

const istio = (uri: StringMatch | undefined, ignoreCase = false) => compilePathMatch(uri, ignoreCase, 'istio');
const gatewayApi = (uri: StringMatch | undefined) => compilePathMatch(uri, false, 'gateway-api');

describe('compilePathMatch', () => {
  it.each<[StringMatch | undefined, string, boolean]>([
    [undefined, '/any', true],
    [{}, '/any', true],
    // What `OPTIONS *` and CONNECT ask for.
    [undefined, '*', false],
    [{ exact: '/a' }, '/a', true],
    [{ exact: '/a' }, '/a/', false],
    [{ exact: '/a' }, '/A', false],
    [{ prefix: '/a' }, '/ab', true],
    [{ prefix: '/a' }, '/A', false],
    [{ prefix: '/a/' }, '/a', false],
    [{ regex: '/a|/b.*' }, '/bc', true],
    [{ regex: '/a|/b.*' }, '/ac', false],
    [{ regex: '(' }, '(', false],
  ])('tells whether %j of a VirtualService takes %s', (uri, path, expected) => {
    expect(istio(uri).test(path)).toBe(expected);
  });

  it('ignores case where it is asked to, but for expressions', () => {
    expect(istio({ exact: '/Api' }, true).test('/aPI')).toBe(true);
    expect(istio({ exact: '/Api' }, true).test('/aPI/')).toBe(false);
    expect(istio({ prefix: '/Api' }, true).test('/aPI/x')).toBe(true);
    expect(istio({ regex: '/Api' }, true).test('/api')).toBe(false);
    expect(istio({ regex: '/Api' }, true).test('/Api')).toBe(true);
  });

  it.each([
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a', '/b/a', false],
    ['/a/', '/a', true],
    ['/', '/ab', true],
  ])('counts whole segments of the prefix %s of the Gateway API at %s', (prefix, path, expected) => {
    expect(gatewayApi({ prefix }).test(path)).toBe(expected);
  });

  it('gives samples that it takes', () => {
    for (const uri of [undefined, { exact: '/a' }, { prefix: '/a' }, { prefix: '' }, { regex: '/v[0-9]+/x?' }]) {
      const match = istio(uri);
      expect(match.samples.length).toBeGreaterThan(0);
      expect(match.samples.filter((sample) => !match.test(sample))).toEqual([]);
    }
    expect(istio({ regex: '(' }).samples).toEqual([]);
  });

  it('reads as a person writes it', () => {
    expect([istio({ exact: '/a' }), istio({ prefix: '/a' }), gatewayApi({ prefix: '/a/' })].map(textOfPath)).toEqual([
      '/a',
      '/a*',
      '/a/**',
    ]);
    expect(textOfPath(istio({ regex: '/v[0-9]+' }))).toBe('~ /v[0-9]+');
  });
});

describe('subsumesPath', () => {
  const PATHS = {
    any: istio(undefined),
    'prefix /a': istio({ prefix: '/a' }),
    'prefix /A': istio({ prefix: '/A' }),
    'prefix /a/b': istio({ prefix: '/a/b' }),
    'prefix /a/': istio({ prefix: '/a/' }),
    'caseless prefix /a': istio({ prefix: '/a' }, true),
    'segments /a': gatewayApi({ prefix: '/a' }),
    'segments /a/b': gatewayApi({ prefix: '/a/b' }),
    'exact /a': istio({ exact: '/a' }),
    'exact /ab': istio({ exact: '/ab' }),
    'caseless exact /A': istio({ exact: '/A' }, true),
    'regex /a': istio({ regex: '/a' }),
    invalid: istio({ regex: '(' }),
  } as const;

  it.each<[keyof typeof PATHS, readonly (keyof typeof PATHS)[]]>([
    ['prefix /a', ['prefix /a', 'prefix /a/b', 'prefix /a/', 'segments /a', 'segments /a/b', 'exact /a', 'exact /ab']],
    [
      'caseless prefix /a',
      [
        'prefix /a',
        'prefix /A',
        'prefix /a/b',
        'prefix /a/',
        'caseless prefix /a',
        'segments /a',
        'segments /a/b',
        'exact /a',
        'exact /ab',
        'caseless exact /A',
      ],
    ],
    ['segments /a', ['prefix /a/b', 'prefix /a/', 'segments /a', 'segments /a/b', 'exact /a']],
    ['exact /a', ['exact /a']],
    ['caseless exact /A', ['exact /a', 'caseless exact /A']],
    ['regex /a', []],
    ['invalid', []],
  ])('finds under %s', (wide, expected) => {
    const found = Object.entries(PATHS).flatMap(([name, narrow]) => (subsumesPath(PATHS[wide], narrow) ? [name] : []));
    expect(found).toEqual(expected);
  });

  it('has expressions under a prefix of everything alone', () => {
    expect(subsumesPath(PATHS.any, PATHS['regex /a'])).toBe(true);
  });

  it('claims nothing that a sample refutes', () => {
    for (const wide of Object.values(PATHS)) {
      for (const narrow of Object.values(PATHS)) {
        if (!subsumesPath(wide, narrow)) continue;
        expect(narrow.samples.filter((sample) => narrow.test(sample) && !wide.test(sample))).toEqual([]);
      }
    }
  });
});
