import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { audit } from '../src/engine/audit.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

it('examples/result.json is the audit of examples/payments (npm test -- -u writes it anew)', async () => {
  const result = await audit([{ path: 'examples/payments' }], {}, { cwd: root, stdin: async () => Buffer.alloc(0) });
  await expect(`${JSON.stringify(result, null, 2)}\n`).toMatchFileSnapshot('../examples/result.json');
});
