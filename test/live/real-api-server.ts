import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiServer, startApiServer } from './api-server.ts';
import { PROBED, type TestCluster } from './contract.ts';
import type { Value } from './fake-api-server.ts';
import { keepProcesses } from './keep-processes.ts';
import { allKinds, dumperRole, meshObjects, proberRole, publishedRoles } from './mesh.ts';

const BUILT_IN = /^(|apps|batch|(.*\.)?(rbac\.authorization|networking|discovery|admissionregistration)\.k8s\.io)$/;
const isBuiltIn = (group: string): boolean => BUILT_IN.test(group) && !/^(gateway|policy)\.networking/.test(group);

/** A real API server with the objects of the contract. */
export async function startRealApiServer(binaries: string): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-apiserver-'));
  const processes = keepProcesses(folder);
  const stop = async (): Promise<void> => {
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const server = await startApiServer(processes, { binaries, folder });
    await fill(server);
    return { ...server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The definitions of the kinds that are not built in, the objects, and the rights of the users; the webhook last, since nobody answers it. */
async function fill(server: ApiServer): Promise<void> {
  const kinds = allKinds();
  for (const kind of kinds.filter(({ group }) => !isBuiltIn(group))) await create(server, definitionOf(kind), CRDS);
  const objects = [...meshObjects(), ...rights()];
  const rank = ({ kind }: Value): number =>
    kind === 'Namespace' ? 0 : kind === 'MutatingWebhookConfiguration' ? 2 : 1;
  const known = new Set(objects.filter(({ kind }) => kind === 'Namespace').map((each) => metadataOf(each).name));
  const missing = [...new Set(objects.map((each) => metadataOf(each).namespace))].filter(
    (name) => name && !known.has(name),
  );
  const namespaces = missing.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  for (const object of [...objects, ...namespaces].sort((a, b) => rank(a) - rank(b))) {
    const { apiVersion, kind } = object;
    const group = String(apiVersion).includes('/') ? String(apiVersion).split('/')[0] : '';
    const served = kinds.find((each) => each.kind === kind && each.group === group);
    if (!served) throw new Error(`no kind ${String(kind)} of ${String(apiVersion)}`);
    const place = served.namespaced ? `/namespaces/${String(metadataOf(object).namespace)}` : '';
    await create(server, object, `${group ? `/apis/${group}` : '/api'}/${served.version}${place}/${served.resource}`);
  }
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const metadataOf = ({ metadata }: Value): Record<string, unknown> => metadata as Record<string, unknown>;

/** A definition takes a moment until its objects can be made. */
async function create(server: ApiServer, object: Value, path: string): Promise<void> {
  const { managedFields, ...metadata } = metadataOf(object);
  const made =
    path === CRDS
      ? object
      : {
          ...object,
          apiVersion: path.replace(/^\/apis?\//, '').replace(/(\/namespaces\/[^/]+)?\/[^/]+$/, ''),
          metadata,
        };
  for (let attempt = 0; ; attempt++) {
    const { status, text } = await server.call('POST', path, made);
    if (status === 201 || status === 409) break;
    if (status !== 404 || attempt > 50) throw new Error(`POST ${path} ${String(metadata.name)}: ${status} ${text}`);
    await sleep(200);
  }
  if (object.kind === 'Pod' && object.status !== undefined)
    await server.call('PATCH', `${path}/${String(metadata.name)}/status`, { status: object.status });
}

function definitionOf({ group, version, resource, kind, namespaced }: ReturnType<typeof allKinds>[number]): Value {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}

/** The published roles, those of the users, and who has which. */
export function rights(): readonly Value[] {
  const [clusterRole, role] = publishedRoles() as unknown as readonly Value[];
  if (!clusterRole || !role) throw new Error('deploy/rbac lacks its roles');
  const rules = (clusterRole.rules as readonly { readonly resources: readonly string[] }[]).map((rule) => ({
    ...rule,
    resources: rule.resources.filter((name) => name !== 'authorizationpolicies'),
  }));
  const partial = { ...clusterRole, metadata: { name: 'partial' }, rules };
  const named = proberRole() as unknown as Value;
  const prober = { ...named, metadata: { ...metadataOf(named), namespace: PROBED } };
  const forDumps = dumperRole() as unknown as Value;
  const dumper = { ...forDumps, metadata: { ...metadataOf(forDumps), namespace: PROBED } };
  const bind = (kind: string, of: Value, user: string): Value => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata: {
      ...metadataOf(of === prober || of === dumper ? of : role),
      ...(kind === 'ClusterRole' ? { namespace: undefined } : {}),
      name: `test-${user}`,
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadataOf(of).name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
  return [
    clusterRole,
    role,
    partial,
    bind('ClusterRole', clusterRole, 'reader'),
    bind('ClusterRole', partial, 'partial'),
    bind('Role', role, 'reader'),
    bind('Role', role, 'partial'),
    prober,
    bind('Role', prober, 'prober'),
    dumper,
    bind('Role', dumper, 'dumper'),
    bind('ClusterRole', clusterRole, 'dumper'),
    bind('Role', role, 'dumper'),
  ];
}
