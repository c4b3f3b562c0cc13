import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { comparison } from '../../src/result/comparison.ts';
import { reach } from '../../src/result/reach.ts';
import { meshproof, root } from './meshproof.ts';

const PAYMENTS = 'examples/payments';
const HARDENED = 'examples/payments-hardened';
let folder = '';

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('meshproof reach', () => {
  const ask = (...args: readonly string[]) => {
    const { code, out } = meshproof(['reach', ...args, '--format', 'json']);
    expect(code).toBe(0);
    return reach.parse(JSON.parse(out));
  };

  it('tells who may send what to a workload, from where, and how from outside', () => {
    const [port] = ask(HARDENED, '--to', 'payments/payments-api:8080').to ?? [];
    expect(port).toMatchObject({ workload: 'payments/payments-api', port: 8080, mtls: 'STRICT' });
    expect(port?.sources).toHaveLength(1);
    expect(port?.sources[0]?.identities?.flatMap(({ workloads }) => workloads)).toEqual([
      'checkout/checkout-api',
      'ingress/ingressgateway',
    ]);
    expect(port?.sources[0]?.may[0]?.what).toBe('POST /v1/charges, token of https://login.example.com/*');
    expect(port?.sources[0]?.requires.map(({ kind }) => kind)).toEqual(['jwt']);
    expect(port?.network).toMatchObject({ anyPod: 'deny' });
    expect(port?.network.exceptions).toContain('checkout/checkout-api');
  });

  it('tells what a workload reaches, as itself and in plaintext', () => {
    const { from } = ask(PAYMENTS, '--from', 'legacy/batch');
    const reached = from?.reaches.map(({ workload, port, as }) => `${workload}:${port} ${as}`);
    expect(reached).toContain('payments/payments-api:8080 plaintext');
    expect(reached?.some((each) => each.startsWith('payments/ledger'))).toBe(false);
    expect(from?.refused).toBeGreaterThan(0);
  });

  it('lists what the internet reaches, and one row per class of destinations', () => {
    const { from } = ask(PAYMENTS, '--from', 'internet');
    expect(from?.reaches.map(({ workload }) => workload)).toContain('payments/payments-api');
    const { classes = [] } = ask(HARDENED);
    const ports = classes.flatMap((each) => each.ports.map(({ workload, port }) => `${workload}:${port}`));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('names what is meant where a name is not known, and the ports that there are', () => {
    const wrong = meshproof(['reach', PAYMENTS, '--to', 'payments/ledgr']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('did you mean `payments/ledger`')]);
    const port = meshproof(['reach', PAYMENTS, '--to', 'payments/ledger:1']);
    expect([port.code, port.err]).toEqual([2, expect.stringContaining('its ports: 5432')]);
  });
});

describe('meshproof diff', () => {
  it('exits 0 on what means the same, and 1 on what opens something, with the request', () => {
    expect(meshproof(['diff', PAYMENTS, PAYMENTS])).toMatchObject({ code: 0, out: 'no request changes its verdict\n' });
    const { code, out } = meshproof(['diff', HARDENED, PAYMENTS, '--format', 'json']);
    const found = comparison.parse(JSON.parse(out));
    expect(code).toBe(1);
    const api = found.opened.filter(({ workload }) => workload === 'payments/payments-api');
    expect(api.map(({ who }) => who)).toEqual(expect.arrayContaining(['anyone', 'internet']));
    expect(found.workloads.added).toEqual(['legacy/batch']);
  });

  it('judges one folder against the mesh that it is applied to', () => {
    const change = join(folder, 'change');
    cpSync(join(root, HARDENED, 'policies.yaml'), join(change, 'policies.yaml'));
    expect(meshproof(['diff', '--base', HARDENED, change]).code).toBe(0);
    writeFileSync(
      join(change, 'open.yaml'),
      [
        'apiVersion: security.istio.io/v1',
        'kind: AuthorizationPolicy',
        'metadata: { name: open, namespace: payments }',
        'spec: { rules: [{}] }',
      ].join('\n'),
    );
    const { code, out } = meshproof(['diff', '--base', HARDENED, change]);
    expect([code, out]).toEqual([1, expect.stringContaining('payments/open rules[0]')]);
    const both = ['--base', `east=${HARDENED}`, '--base', `west=${HARDENED}`];
    const there = meshproof(['diff', ...both, '--cluster', `west=${change}`, '--format', 'json']);
    const opened = comparison.parse(JSON.parse(there.out)).opened.map(({ workload }) => workload.split('/')[0]);
    expect([there.code, new Set(opened)]).toEqual([1, new Set(['west:payments'])]);
  });

  it('says what it needs', () => {
    expect(meshproof(['diff', PAYMENTS])).toMatchObject({ code: 2, err: expect.stringContaining('BASE and HEAD') });
  });
});

describe('meshproof whatif', () => {
  it('tells what STRICT closes, and what a waypoint or another data plane turns', () => {
    const { code, out } = meshproof(['whatif', PAYMENTS, '--set', 'pa=STRICT@payments', '--format', 'json']);
    const found = comparison.parse(JSON.parse(out));
    expect(code).toBe(0);
    expect(found.changes).toEqual(['PeerAuthentication STRICT in payments']);
    expect(found.closed.map(({ workload, who }) => [workload, who])).toEqual([['payments/payments-api', 'anyone']]);
    expect(found.findings.removed.map(({ id }) => id)).toContain('mtls/permissive');
  });

  it('exits 1 when the change opens something', () => {
    expect(meshproof(['whatif', HARDENED, '--set', 'dataplane=none@shop']).code).toBe(1);
  });

  it('says what can be set', () => {
    const { code, err } = meshproof(['whatif', PAYMENTS, '--set', 'paa=STRICT@shop']);
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean `pa=…`')]);
    expect(meshproof(['whatif', PAYMENTS, '--set', 'pa=STRICT@shopp']).err).toContain('did you mean `shop`');
    expect(meshproof(['whatif', PAYMENTS]).code).toBe(2);
  });
});
