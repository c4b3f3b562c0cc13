import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import { decodeObjects } from '../model/decode.ts';
import { KINDS, type KindName } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { type Applied, applyChanges, KEEPS_INVENTORY } from './apply-changes.ts';
import type { Change } from '../model/change/change.ts';
import { writtenForm } from './changed-resource.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../..');

/** All manifests of the rule fixtures: every kind of the model stands in one of them. */
function fixtures(): readonly { readonly name: string; readonly text: string }[] {
  const folder = path.join(EXAMPLES, 'src/rules');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') }));
}

const MESH = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers: [{name: c, image: cart:1, ports: [{containerPort: 8080}]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: open, namespace: shop}
spec: {rules: [{}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: second, namespace: shop}
spec: {}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: shop}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get, list]}]
`;

function load(text = MESH) {
  const { mesh, rebuild } = loadMesh(readText(text, 'mesh.yaml').objects);
  let rebuilt = 0;
  const enforcement = new Enforcement(mesh);
  const apply = (changes: readonly Change[], on = enforcement): Applied =>
    applyChanges(on, changes, (resources) => {
      rebuilt++;
      return rebuild(resources);
    });
  const get = (kind: KindName, namespace: string, name: string): Resource => {
    const found = mesh.resources.find(kind, namespace, name);
    if (!found) throw new Error(`no ${kind} ${namespace}/${name}`);
    return found;
  };
  return { mesh, enforcement, apply, get, rebuilt: () => rebuilt };
}

function applied(result: Applied): Enforcement {
  if ('refused' in result) throw new Error(result.refused);
  return result.enforcement;
}

describe('changes on the model', () => {
  test('several edits of labels, annotations and fields cost one new inventory', () => {
    const { mesh, apply, get, rebuilt } = load();
    const after = applied(
      apply([
        {
          kind: 'edit',
          resource: get('Namespace', '', 'shop'),
          edits: [{ op: 'set', path: ['metadata', 'labels', 'istio-injection'], value: 'enabled' }],
        },
        {
          kind: 'edit',
          resource: get('Deployment', 'shop', 'cart'),
          edits: [{ op: 'set', path: ['spec', 'template', 'spec', 'serviceAccountName'], value: 'cart' }],
        },
        {
          kind: 'add',
          manifest: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'cart', namespace: 'shop' } },
          beside: get('Deployment', 'shop', 'cart'),
        },
      ]),
    );
    expect(rebuilt()).toBe(1);
    expect(mesh.workloads[0]?.dataPlane.kind).toBe('none');
    const [cart] = after.mesh.workloads;
    expect(cart?.dataPlane.kind).toBe('sidecar');
    expect(cart?.identity).toBe('cluster.local/ns/shop/sa/cart');
    expect(after.mesh.resources.of('ServiceAccount').map(({ name }) => name)).toEqual(['cart']);
    expect(after.mesh.resources.size).toBe(mesh.resources.size + 1);
    expect(after.mesh.resources.counts).toEqual({ ...mesh.resources.counts, ServiceAccount: 1 });
  });

  test('policies and roles leave the inventory as it is; an object keeps its place among the others', () => {
    const { mesh, apply, get, rebuilt } = load();
    const after = applied(
      apply([
        {
          kind: 'edit',
          resource: get('AuthorizationPolicy', 'shop', 'open'),
          edits: [{ op: 'set', path: ['spec'], value: { action: 'DENY', rules: [{}] } }],
        },
        { kind: 'edit', resource: get('Role', 'shop', 'r'), edits: [{ op: 'delete', path: ['rules', 0, 'verbs', 1] }] },
      ]),
    );
    expect(rebuilt()).toBe(0);
    expect(after.mesh.workloads).toBe(mesh.workloads);
    expect(after.root).not.toBe(after);
    expect(after.mesh.resources.of('AuthorizationPolicy').map(({ name, spec }) => [name, spec.action])).toEqual([
      ['open', 'DENY'],
      ['second', undefined],
    ]);
    expect(after.mesh.resources.of('Role')[0]?.spec.rules?.[0]?.verbs).toEqual(['get']);
    expect(mesh.resources.of('Role')[0]?.spec.rules?.[0]?.verbs).toEqual(['get', 'list']);
  });

  test('an object that the changes before touched is edited as they left it, and can be taken out', () => {
    const { apply, get } = load();
    const resource = get('AuthorizationPolicy', 'shop', 'open');
    const edit = (field: string): Change => ({
      kind: 'edit',
      resource,
      edits: [{ op: 'set', path: ['metadata', 'labels', field], value: 'x' }],
    });
    const once = applied(apply([edit('a'), edit('b')]));
    expect(once.mesh.resources.find('AuthorizationPolicy', 'shop', 'open')?.labels).toEqual({ a: 'x', b: 'x' });
    const twice = applied(apply([edit('c')], once));
    expect(twice.mesh.resources.find('AuthorizationPolicy', 'shop', 'open')?.labels).toEqual({
      a: 'x',
      b: 'x',
      c: 'x',
    });
    const gone = applied(apply([{ kind: 'remove', resource }], twice));
    expect(gone.mesh.resources.find('AuthorizationPolicy', 'shop', 'open')).toBeUndefined();
    expect(gone.mesh.resources.counts.AuthorizationPolicy).toBe(1);
    expect(apply([{ kind: 'remove', resource }, edit('d')])).toEqual({
      refused: 'AuthorizationPolicy shop/open is not there any more',
    });
  });

  test('what the API server refuses is refused', () => {
    const { apply, get } = load();
    const resource = get('AuthorizationPolicy', 'shop', 'open');
    const result = apply([
      { kind: 'edit', resource, edits: [{ op: 'set', path: ['spec', 'action'], value: 'MAYBE' }] },
    ]);
    expect(result).toEqual({ refused: expect.stringContaining('MAYBE') });
    expect(
      apply([
        {
          kind: 'edit',
          resource,
          edits: [
            { op: 'set', path: ['spec', 'rules', 0, 'x', 0, 'y'], value: 1 },
            { op: 'set', path: ['spec', 'rules', 9], value: 1 },
          ],
        },
      ]),
    ).toEqual({
      refused: 'AuthorizationPolicy shop/open: `spec.rules.9` is beyond the end of the list',
    });
  });
});

describe('what rests on all kinds', () => {
  test('an object in the form in which it is written decodes to itself', () => {
    const seen = new Set<string>();
    for (const { name, text } of fixtures()) {
      const { resources } = decodeObjects(readText(text, name).objects);
      for (const { name: kind } of KINDS) {
        for (const resource of resources.of(kind) as readonly Resource[]) {
          seen.add(kind);
          const raw = { value: writtenForm(resource), origin: resource.origin, cluster: '' };
          expect(decodeObjects([raw]).resources.of(kind)).toEqual([resource]);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(14);
  });

  test('without the objects of the kinds that keep it, the inventory is the same as if it were made again', () => {
    let compared = 0;
    for (const { name, text } of fixtures()) {
      const { mesh, rebuild } = loadMesh(readText(text, name).objects);
      const changes = KEEPS_INVENTORY.flatMap((kind) =>
        mesh.resources.of(kind as KindName).map((resource): Change => ({ kind: 'remove', resource })),
      );
      if (changes.length === 0) continue;
      compared++;
      const kept = applied(applyChanges(new Enforcement(mesh), changes, () => expect.fail('made again'))).mesh;
      const { resources: _, flags: flagsAgain, ...again } = rebuild(kept.resources);
      const { resources: __, flags, ...quick } = kept;
      expect(quick).toEqual(again);
      expect(flags('', 'default')).toEqual(flagsAgain('', 'default'));
    }
    expect(compared).toBeGreaterThan(15);
  });
});
