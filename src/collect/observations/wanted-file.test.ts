import { describe, expect, it } from 'vitest';
import { wantedFile } from '../../result/wanted-file.ts';
import { parseYamlValue } from '../yaml/parse-value.ts';
import { recogniseForm } from './recognise.ts';

const FILE = `# seen
apiVersion: meshproof.dev/v1
kind: Wanted
reviewedBy: on-call
window: { from: 2026-11-01, to: 2026-11-20, days: 19 }
flows:
  - { from: checkout/checkout-api, to: "payments/payments-api:8080", methods: [POST], paths: [/v1/charges] }
`;

const read = (text: string) => recogniseForm(text)?.read(text, { file: 'wanted.yaml', cluster: '' });
const isValid = (text: string): boolean => wantedFile.safeParse(parseYamlValue(text)).success;

describe('a Wanted file', () => {
  it('holds what somebody accepted', () => {
    expect(read(FILE)).toEqual({
      observations: [
        {
          kind: 'wanted',
          file: 'wanted.yaml',
          cluster: '',
          reviewedBy: 'on-call',
          flows: [
            {
              from: 'checkout/checkout-api',
              to: 'payments/payments-api:8080',
              methods: ['POST'],
              paths: ['/v1/charges'],
            },
          ],
        },
      ],
      left: [],
    });
    expect(isValid(FILE)).toBe(true);
  });

  it.each(['reviewedBy: ""\n', 'reviewedBy:\n', ''])('says that nobody read it (%j)', (line) => {
    const outcome = read(FILE.replace('reviewedBy: on-call\n', line));
    expect(outcome).toMatchObject({
      observations: [{ kind: 'wanted' }],
      left: [expect.stringContaining('reviewedBy')],
    });
    expect(JSON.stringify(outcome)).not.toContain('"reviewedBy":');
  });

  it.each([
    ['reviewedBy', 'reviewdBy', 4, 'did you mean `reviewedBy`?'],
    ['methods', 'method', 7, 'did you mean `methods`?'],
    ['days', 'dayss', 5, 'did you mean `days`?'],
  ])('refuses keys that it does not know: %s as %s', (key, misspelt, line, help) => {
    const text = FILE.replace(key, misspelt);
    expect(read(text)).toMatchObject({ message: expect.stringContaining(`${misspelt}\` is no key`), line, help });
    expect(isValid(text)).toBe(false);
  });

  it('refuses what is missing or of another form', () => {
    const wrong = FILE.replace('methods: [POST]', 'methods: POST');
    expect(read(wrong)).toMatchObject({ message: '`flows.0.methods` is missing or not of the right form', line: 7 });
    expect(isValid(wrong)).toBe(false);
    expect(read(FILE.replace(/from: checkout\/checkout-api, /, ''))).toHaveProperty('message');
    expect(read(`${FILE}\t- x`)).toHaveProperty('message');
  });
});
