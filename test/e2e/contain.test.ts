import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { containment } from '../../src/result/containment.ts';
import { reach } from '../../src/result/reach.ts';
import { meshproof, root } from './meshproof.ts';

let folder = '';

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-contain-'));
  cpSync(join(root, 'examples/payments'), join(folder, 'mesh'), { recursive: true });
  writeFileSync(join(folder, 'mesh/extra.yaml'), EXTRA);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXTRA = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web-in, namespace: shop }
spec:
  podSelector: {}
  ingress: [{}]
  egress: [{}]
  policyTypes: [Ingress, Egress]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: launcher, namespace: payments }
rules: [{ apiGroups: [""], resources: [pods], verbs: [create] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: launchers, namespace: payments }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: launcher }
subjects:
  - { kind: ServiceAccount, name: web, namespace: shop }
  - { kind: ServiceAccount, name: checkout-api, namespace: checkout }
`;

const run = (...args: readonly string[]) => meshproof(args, '', folder);
const contain = (...args: readonly string[]) =>
  containment.parse(JSON.parse(run('contain', ...args, '--format', 'json').out));

it('stops what a workload could do, and names what that costs', () => {
  const { before, after, objects, costs, keeps, contained, identity } = contain('shop/web', 'mesh');
  expect(identity).toBe('cluster.local/ns/shop/sa/web');
  expect(before.reaches.map(({ workload }) => workload)).toContain('checkout/checkout-api');
  expect(before.asIdentity.length).toBeGreaterThan(0);
  expect(before.reachedBy.length).toBeGreaterThan(0);
  expect(before.rights.map(({ how }) => how)).toContain('rbac/create-workloads');
  expect(after).toEqual({ reaches: [], asIdentity: [], reachedBy: [], rights: [] });
  expect(contained).toBe(true);
  expect(objects.map(({ how, kind, name }) => [how, kind, name])).toEqual([
    ['new', 'AuthorizationPolicy', 'quarantine-shop-web'],
    ['new', 'NetworkPolicy', 'quarantine-web'],
    ['edited', 'NetworkPolicy', 'web-in'],
    ['edited', 'RoleBinding', 'launchers'],
  ]);
  expect(costs.map(({ from, to }) => `${from} → ${to}`)).toContain('shop/web → checkout/checkout-api:8080');
  expect(keeps.of - keeps.have).toBe(costs.length);
});

it('what --out writes comes to that, and leads back to what was', () => {
  expect(contain('shop/web', 'mesh', '--out', 'q').out?.files).toContain('apply.sh');
  const files = readdirSync(join(folder, 'q')).filter((file) => file.endsWith('.yaml'));
  expect(readFileSync(join(folder, 'q/apply.sh'), 'utf8').match(/kubectl apply -f/g)).toHaveLength(files.length);
  for (const file of files) cpSync(join(folder, 'q', file), join(folder, 'applied', file));
  const ask = (...inputs: readonly string[]) =>
    reach.parse(JSON.parse(run('reach', ...inputs, '--from', 'shop/web', '--format', 'json').out)).from?.reaches;
  expect(ask('mesh')?.length).toBeGreaterThan(0);
  expect(ask('applied', '--base', 'mesh')).toEqual([]);
  const rollback = readFileSync(join(folder, 'q/rollback.sh'), 'utf8');
  expect(rollback).toContain('kubectl delete networkpolicy quarantine-web -n shop');
  const former = readdirSync(join(folder, 'q/rollback'));
  expect(former).toHaveLength(2);
  for (const file of former) cpSync(join(folder, 'q/rollback', file), join(folder, 'undone', file));
  const difference = JSON.parse(run('diff', 'undone', '--base', 'mesh', '--format', 'json').out);
  expect([difference.opened, difference.closed]).toEqual([[], []]);
});

it('DNS is a choice, and said to be a way out', () => {
  const kept = contain('shop/web', 'mesh', '--keep-dns');
  expect(kept.objects.find(({ name }) => name === 'quarantine-web')?.manifest).toContain('port: 53');
  expect(kept.remains.join('\n')).toContain('data can leave in DNS queries');
  expect(contain('shop/web', 'mesh').remains.join('\n')).not.toContain('DNS');
});

it('bad usage is a clear error', () => {
  const unknown = run('contain', 'shop/wb', 'mesh');
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('did you mean `shop/web`')]);
  const swapped = run('contain', 'mesh', 'shop/web');
  expect([swapped.code, swapped.err]).toEqual([2, expect.stringContaining('give the workload first')]);
});
