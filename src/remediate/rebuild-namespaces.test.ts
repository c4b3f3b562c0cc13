import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { applyChanges } from './apply-changes.ts';
import type { Change, FieldEdit } from '../model/change/change.ts';
import { cutMesh } from './rebuild-namespaces.ts';
import { controlNamespaces } from './slice.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/payments');
const text = readdirSync(EXAMPLE)
  .filter((name) => name !== 'meshproof.yaml')
  .map((name) => readFileSync(path.join(EXAMPLE, name), 'utf8'))
  .join('\n---\n');
const { mesh, rebuild } = loadMesh(readText(text, 'mesh.yaml').objects);

const inventoryOf = ({ namespaces, workloads, services, identities, scope, ...rest }: Mesh) => ({
  namespaces: [...namespaces],
  workloads: workloads.map(({ resource: _, ...own }) => own),
  services: services.map(({ resource: _, ...own }) => own),
  identities: [...identities].map(([identity, holders]) => [identity, holders.map(({ id }) => id)]).sort(),
  byNamespace: [...rest.workloadsByNamespace].map(([name, own]) => [name, own.map(({ id }) => id)]).sort(),
  scope,
  clusters: rest.clusters,
});

const EDITS: Readonly<Record<string, readonly FieldEdit[]>> = {
  Deployment: [
    { op: 'set', path: ['spec', 'template', 'spec', 'serviceAccountName'], value: 'another' },
    {
      op: 'set',
      path: ['spec', 'template', 'metadata', 'annotations', 'traffic.sidecar.istio.io/excludeInboundPorts'],
      value: '',
    },
  ],
  Service: [{ op: 'set', path: ['spec', 'type'], value: 'NodePort' }],
  Namespace: [{ op: 'set', path: ['metadata', 'labels', 'istio-injection'], value: 'enabled' }],
};

const changes = Object.entries(EDITS).flatMap(([kind, edits]) =>
  mesh.resources.of(kind as 'Deployment' | 'Service' | 'Namespace').flatMap((resource: Resource): readonly Change[] => [
    { kind: 'edit', resource, edits },
    { kind: 'remove', resource },
  ]),
);

describe('an inventory of which some namespaces are made again', () => {
  test.each(changes.map((change, i) => ({ i, change })))('is that of all objects, change $i', ({ change }) => {
    const applied = applyChanges(new Enforcement(mesh), [change], rebuild);
    if ('refused' in applied) throw new Error(applied.refused);
    const { mesh: after } = applied.enforcement;
    expect(inventoryOf(after)).toEqual(inventoryOf(rebuild(after.resources)));
  });

  test('takes over what runs elsewhere, and asks for its own namespaces only', () => {
    const control = controlNamespaces(mesh);
    const own = mesh.workloads.find(({ kind, namespace }) => kind === 'Deployment' && !control.has(namespace));
    const other = mesh.workloads.find(({ namespace }) => namespace !== own?.namespace);
    if (!own || !other) throw new Error('the example has no two namespaces');
    const asked: Resources[] = [];
    const change: Change = { kind: 'edit', resource: own.resource, edits: EDITS.Deployment ?? [] };
    const applied = applyChanges(new Enforcement(mesh), [change], (resources) => {
      asked.push(resources);
      return rebuild(resources);
    });
    if ('refused' in applied) throw new Error(applied.refused);
    expect(applied.enforcement.mesh.workloadById.get(other.id)).toBe(other);
    expect(applied.enforcement.mesh.workloadById.get(own.id)).not.toBe(own);
    const names = new Set(asked.flatMap((resources) => resources.of('Deployment').map(({ namespace }) => namespace)));
    expect(names).toEqual(new Set([own.namespace, ...[...control].filter((name) => names.has(name))]));
  });

  test('is made again of all objects where Istio itself runs', () => {
    const [name] = controlNamespaces(mesh);
    const namespace = mesh.resources.find('Namespace', '', name ?? '');
    if (!namespace) throw new Error('the example has no root namespace');
    const change: Change = { kind: 'edit', resource: namespace, edits: EDITS.Namespace ?? [] };
    let whole = 0;
    applyChanges(new Enforcement(mesh), [change], (resources) => {
      whole = resources.size;
      return rebuild(resources);
    });
    expect(whole).toBe(mesh.resources.size);
  });
});

test('some namespaces of a mesh hold what runs there, and nothing else', () => {
  const [own] = mesh.workloads;
  if (!own) throw new Error('the example is empty');
  const cut = cutMesh(mesh, new Set([own.namespace]));
  expect(cut.workloads).toEqual(mesh.workloads.filter(({ namespace }) => namespace === own.namespace));
  expect(cut.resources.of('Service').every(({ namespace }) => namespace === own.namespace)).toBe(true);
  expect([...cut.identities.keys()]).toEqual(
    [...mesh.identities].flatMap(([identity, holders]) =>
      holders.some(({ namespace }) => namespace === own.namespace) ? [identity] : [],
    ),
  );
});
