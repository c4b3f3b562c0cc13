import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from '../src/engine/audit.ts';
import { runPaths } from '../src/engine/paths/run-paths.ts';
import { readInput } from '../src/engine/read-input.ts';
import type { AttackPath } from '../src/result/types.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import { pathStops } from '../src/report/path-text.ts';
import { refusedHops } from './confirm-path.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const io = { cwd: root, stdin: async () => Buffer.alloc(0) };
const ask = { max: 1000, variants: 8 };

const told = ({ hops, cause, ...path }: AttackPath): string =>
  `${path.severity} ${pathStops({ hops, ...path } as AttackPath).join(' → ')}: ${cause ? `${cause.kind} ${cause.namespace}/${cause.name}` : 'wanted'}`;

describe('attack paths of examples/payments', () => {
  it('lists first what anybody can do from outside, then from any pod, each with what to change', async () => {
    const { paths } = (await runPaths([{ path: 'examples/payments' }], { max: 20, variants: 1 }, {}, io)).answer;
    expect(paths.map(told)).toEqual([
      'HIGH internet → ingress/ingressgateway → payments/payments-api: RequestAuthentication payments/shop-users',
      'HIGH any pod outside the mesh → payments/payments-api: AuthorizationPolicy payments/allow-everything',
      'HIGH any pod outside the mesh → checkout/checkout-api → payments/payments-api: Namespace /checkout',
      'HIGH any pod outside the mesh → shop/web → checkout/checkout-api → payments/payments-api: Namespace /shop',
      'HIGH internet → ingress/ingressgateway → shop/web → payments/payments-api: AuthorizationPolicy payments/allow-everything',
      'INFORMATIONAL internet → ingress/ingressgateway → shop/web → checkout/checkout-api → payments/payments-api: wanted',
    ]);
    const [first] = paths;
    expect(first?.breaches).toBe(0);
    expect(first?.hops[1]?.witness).toMatchObject({ from: { internet: true }, http: { path: '/v1/charges' } });
    expect(first?.hops[1]?.witness?.jwt).toBeUndefined();
  });

  it('has no excess path into the hardened mesh', async () => {
    const { answer } = await runPaths([{ path: 'examples/payments-hardened' }], ask, {}, io);
    expect(answer.paths.filter(({ kind }) => kind === 'excess').map(told)).toEqual([]);
    expect(answer.attack.found.inherent).toBeGreaterThan(0);
  });

  it.each(['examples/payments', 'examples/payments-hardened'])(
    '%s: every hop is confirmed by `explain`',
    async (path) => {
      const { mesh } = await readInput([{ path }], {}, io);
      const enforcement = new Enforcement(mesh);
      const { answer } = await runPaths([{ path }], ask, {}, io);
      expect(answer.paths.length).toBeGreaterThan(0);
      expect(answer.paths.flatMap((each) => refusedHops(enforcement, each))).toEqual([]);
    },
  );

  it('from a workload that was taken over: what it reaches beyond its wanted calls, without any further breach', async () => {
    const { answer } = await runPaths([{ path: 'examples/payments' }], { ...ask, from: 'shop/search' }, {}, io);
    const excess = answer.paths.filter(({ kind }) => kind === 'excess');
    expect(excess.map(({ breaches }) => breaches)).toContain(0);
    expect(new Set(answer.paths.map(({ from }) => from.workload))).toEqual(new Set(['shop/search']));
    expect(excess.map(told)).toContain(
      'HIGH shop/search → payments/payments-api: AuthorizationPolicy payments/allow-everything',
    );
  });

  it('to a workload that nobody calls sensitive', async () => {
    const { answer } = await runPaths([{ path: 'examples/payments' }], { ...ask, to: 'checkout/mailer' }, {}, io);
    expect(answer.paths.length).toBeGreaterThan(0);
    expect(new Set(answer.paths.map(({ to }) => to.workload))).toEqual(new Set(['checkout/mailer']));
  });

  it.each([
    ['from', 'internett', 'did you mean `internet`?'],
    ['from', 'shop/wep', 'did you mean `shop/web`?'],
    ['to', 'payments/ledgr', 'did you mean `payments/ledger`?'],
  ])('--%s %s: %s', async (option, name, help) => {
    await expect(runPaths([{ path: 'examples/payments' }], { ...ask, [option]: name }, {}, io)).rejects.toMatchObject({
      help,
    });
  });
});

describe('the order of documents', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshproof-order-'));
    cpSync(join(root, 'examples/payments'), folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      if (name !== 'meshproof.yaml')
        writeFileSync(
          join(folder, name),
          text
            .trimEnd()
            .split(/^---$/m)
            .map((each) => each.trim())
            .toReversed()
            .join('\n---\n'),
        );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('changes no path, no blast radius and no choke point', async () => {
    const place = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, each) => (key === 'location' || key === 'sha256' ? undefined : each)));
    const before = await audit([{ path: 'examples/payments' }], {}, io);
    const after = await audit([{ path: folder }], {}, io);
    expect(before.paths.length).toBeGreaterThan(0);
    expect(place(after.paths)).toEqual(place(before.paths));
    expect(place(after.attack)).toEqual(place(before.attack));
  });
});
