import fc from 'fast-check';
import { dump } from 'js-yaml';
import { stringify } from 'yaml';

/** Texts that YAML could take for something else, and ordinary ones. */
const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'payments',
      'istio-system',
      '/v1/charges',
      '*',
      'cluster.local/ns/a/sa/b',
      'v1.2.3',
      'web-0',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      'yes',
      'off',
      '0777',
      '1e3',
      '12:30',
      '~',
      'null',
      '.5',
      '-',
      '?',
      ': ',
      ' #',
      '{{ x }}',
      '<<',
      '*a',
      '&a',
      '!a',
      '@',
      '%',
      '`',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'a: b',
      'a #b',
      "it's",
      'say "x"',
      'a\nb\n',
      '  a\nb',
      'a\n\n',
      '\n',
      '\ttab',
      'back\\slash',
      'ü 😀',
      '- x',
      'x:',
      '[a]',
      'a\r',
      '\u0085',
      '\u2028',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'spec',
      'rules',
      'from',
      'to',
      'ports',
      'labels',
      'app.kubernetes.io/name',
      'matchLabels',
      'when',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '8080',
      'on',
      'true',
      'a b',
      'a: b',
      '#',
      '',
      '<<',
      '-',
      '__proto__',
      'constructor',
      "it's",
      '0x1f',
    ),
  },
);

const scalar = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.integer({ min: -70000, max: 70000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, -1.25, 1e21, 1.5e-7) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 5 }) },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
  ),
}));

/** Objects in the form of Kubernetes', with difficult texts in them. */
export const object = fc
  .record({
    kind: fc.constantFrom('Deployment', 'AuthorizationPolicy', 'ConfigMap'),
    name: fc.constantFrom('web', 'ledger', 'allow-nothing'),
    labels: fc.dictionary(key, text, { maxKeys: 3 }),
    spec: value,
  })
  .map(({ kind, name, labels, spec }) => ({ apiVersion: 'v1', kind, metadata: { name, labels }, spec }));

/** One of the ways in which a value may be written. */
export const writer: fc.Arbitrary<(value: unknown) => string> = fc.oneof(
  fc
    .record({
      indent: fc.constantFrom(2, 4),
      seqNoIndent: fc.boolean(),
      seqInlineFirst: fc.boolean(),
      flowLevel: fc.constantFrom(-1, -1, 0, 2, 3),
      forceQuotes: fc.boolean(),
      quoteStyle: fc.constantFrom('single' as const, 'double' as const),
      lineWidth: fc.constantFrom(80, -1),
      noRefs: fc.constant(true),
    })
    .map((options) => (written: unknown) => dump(written, options)),
  fc.boolean().map((indentSeq) => (written: unknown) => {
    const text = stringify(written, { indentSeq, version: '1.1', aliasDuplicateObjects: false });
    // This writer does not quote the key of merges.
    return text.includes('<<:') ? dump(written, { noRefs: true }) : text;
  }),
  fc.constantFrom(0, 1, 2, '\t').map((indent) => (written: unknown) => JSON.stringify(written, null, indent)),
);

/** A stream of some objects. */
export const stream = fc
  .array(fc.tuple(object, writer), { minLength: 1, maxLength: 4 })
  .map((documents) => documents.map(([written, write]) => `${write(written).replace(/\n?$/, '\n')}`).join('---\n'));

const TOKENS = [
  '{{ .Values.x }}',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  ': ',
  '- ',
  '\n',
  '\n---\n',
  '\n...\n',
  '&a ',
  '*a',
  '<<: *a\n',
  '!x ',
  '|',
  '>',
  '#',
  '\t',
  '\u0000',
  '\ufeff',
  '%YAML 1.1\n',
  '? ',
  ' ',
  '  ',
  '\r',
  '\\',
  '@',
  '-',
  '---',
  '😀',
  '\ud800',
];

/** Breaks a text in a few places: cuts, insertions, lines that are moved, repeated or indented differently. */
export const mutation: fc.Arbitrary<(original: string) => string> = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 6 }), fc.constantFrom(...TOKENS)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((steps) => (original: string) => {
    let result = original;
    for (const [a, b, operation, token] of steps) {
      const at = a % (result.length + 1);
      const to = at + (b % 12);
      const lines = result.split('\n');
      const line = a % lines.length;
      if (operation === 0) result = result.slice(0, at);
      else if (operation === 1) result = result.slice(0, at) + token + result.slice(at);
      else if (operation === 2) result = result.slice(0, at) + result.slice(to);
      else if (operation === 3) result = lines.toSpliced(b % lines.length, 0, lines[line] ?? '').join('\n');
      else if (operation === 4) result = lines.with(line, ` ${lines[line]}`).join('\n');
      else if (operation === 5) result = lines.with(line, (lines[line] ?? '').replace(/^ /, '')).join('\n');
      else result = lines.toSpliced(line, 1).join('\n');
    }
    return result;
  });
