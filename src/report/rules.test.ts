import { expect, test } from 'vitest';
import { type RuleRow, renderRule, renderRules } from './rules.ts';

const rows: RuleRow[] = [
  {
    id: 'mtls/permissive',
    title: 'A workload port accepts plaintext',
    area: 'mtls',
    severity: 'HIGH',
    catalogue: 'ID-01',
    page: 'docs/rules/mtls/permissive.md',
  },
  {
    id: 'egress/registry-only-alone',
    title: 'REGISTRY_ONLY is the only egress control, which is a long title',
    area: 'egress',
    severity: 'LOW',
    catalogue: 'EG-02',
    page: 'docs/rules/egress/registry-only-alone.md',
  },
];

test('the catalogue is aligned, by area', () => {
  expect(renderRules(rows, { width: 80, color: false })).toBe(
    `mtls
  mtls/permissive             HIGH      A workload port accepts plaintext
                                        (ID-01)

egress
  egress/registry-only-alone  LOW       REGISTRY_ONLY is the only egress
                                        control, which is a long title (EG-02)

2 rules · \`meshproof rule ID\` shows the page of one
`,
  );
});

test('no rule at all is no error', () => {
  expect(renderRules([], { width: 80, color: false })).toContain('0 rules');
});

const page = `# \`mtls/permissive\`: accepts plaintext

A **workload port** that takes \`plaintext\`, see [the docs](https://istio.io/x) and <https://istio.io/y>.

## Vulnerable

\`\`\`yaml
spec:
  mtls: { mode: PERMISSIVE }   # kept as it is, however long the line may be, because it is there to be copied
\`\`\`

- first item that is long enough to be wrapped
  and goes on
  - nested
1. one

| field | value |
|---|---|
| \`a\` | b \\| c |

> a quote`;

test('a page reads well: no markers, wrapped text, code as it is', () => {
  expect(renderRule(page, { width: 44, color: false })).toBe(
    `mtls/permissive: accepts plaintext

A workload port that takes plaintext, see
the docs (https://istio.io/x) and
https://istio.io/y.

Vulnerable

    spec:
      mtls: { mode: PERMISSIVE }   # kept as it is, however long the line may be, because it is there to be copied

- first item that is long enough to be
  wrapped and goes on
  - nested
1. one

field  value
a      b | c

  a quote
`,
  );
});

test('a table that does not fit becomes lines', () => {
  const table =
    '| name | meaning |\n|---|---|\n| mode | which of the modes is in force on the port that is looked at |';
  expect(renderRule(table, { width: 40, color: false })).toBe(
    'name: mode\n  meaning: which of the modes is in force\n  on the port that is looked at\n',
  );
});

test('colour marks code and strong words', () => {
  expect(renderRule(page, { width: 80, color: true })).toContain('\u001b[36mplaintext');
});
