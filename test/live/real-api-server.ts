import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROBED, type TestCluster, tokenOf, USERS } from './contract.ts';
import type { Value } from './fake-api-server.ts';
import { allKinds, meshObjects, proberRole, publishedRoles } from './mesh.ts';

const BUILT_IN = /^(|apps|batch|(.*\.)?(rbac\.authorization|networking|discovery|admissionregistration)\.k8s\.io)$/;
const isBuiltIn = (group: string): boolean => BUILT_IN.test(group) && !/^(gateway|policy)\.networking/.test(group);

/** A real kube-apiserver over a real etcd, both from a folder, with their data in another that goes when they stop. */
export async function startRealApiServer(binaries: string): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-apiserver-'));
  const [client, peer, secure] = await freePorts(3);
  const processes: ChildProcess[] = [];
  const run = (name: string, args: readonly string[]): void => {
    processes.push(spawn(join(binaries, name), args, { stdio: 'ignore' }));
  };
  const stop = async (): Promise<void> => {
    for (const child of processes.reverse()) await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const store = `http://127.0.0.1:${client}`;
    const peers = `http://127.0.0.1:${peer}`;
    run('etcd', [
      ...['--data-dir', join(folder, 'etcd'), '--listen-client-urls', store, '--advertise-client-urls', store],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
      ...['--initial-cluster', `default=${peers}`, '--unsafe-no-fsync'],
    ]);
    run('kube-apiserver', [
      ...['--etcd-servers', store, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1'],
      ...['--endpoint-reconciler-type=none', `--secure-port=${secure}`, `--cert-dir=${join(folder, 'certs')}`],
      ...['--authorization-mode=RBAC', `--token-auth-file=${writeTokens(folder)}`, '--allow-privileged=true'],
      ...serviceAccountFlags(folder),
      ...['--service-cluster-ip-range=10.96.0.0/16', '--enable-priority-and-fairness=false'],
      '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
    ]);
    const url = `https://127.0.0.1:${secure}`;
    const ca = await whenReady(url, join(folder, 'certs/apiserver.crt'));
    await fill({ url, ca });
    return { url, ca, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done) => {
          server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((done) => {
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.on('exit', () => {
      clearTimeout(late);
      done();
    });
    child.kill('SIGTERM');
  });
}

function writeTokens(folder: string): string {
  const file = join(folder, 'tokens.csv');
  const lines = USERS.map((user) => `${tokenOf(user)},${user},${user}${user === 'admin' ? ',"system:masters"' : ''}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

function serviceAccountFlags(folder: string): readonly string[] {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const [key, pub] = [join(folder, 'sa.key'), join(folder, 'sa.pub')];
  writeFileSync(key, privateKey);
  writeFileSync(pub, publicKey);
  return [
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pub}`,
    `--service-account-signing-key-file=${key}`,
  ];
}

interface Server {
  readonly url: string;
  readonly ca: string;
}

function call(
  { url, ca }: Server,
  method: string,
  path: string,
  body?: Value,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((done, fail) => {
    const headers = {
      authorization: `Bearer ${tokenOf('admin')}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    };
    const request = https.request(`${url}${path}`, { method, headers, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', fail);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The server writes its own certificate first. */
async function whenReady(url: string, certificate: string): Promise<string> {
  let last: unknown;
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const ca = readFileSync(certificate, 'utf8');
      const { status } = await call({ url, ca }, 'GET', '/readyz');
      if (status === 200) return ca;
      last = status;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`the API server does not get ready: ${String(last)}`);
}

/** The definitions of the kinds that are not built in, the objects, and the rights of the users; the webhook last, since nobody answers it. */
async function fill(server: Server): Promise<void> {
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
async function create(server: Server, object: Value, path: string): Promise<void> {
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
    const { status, text } = await call(server, 'POST', path, made);
    if (status === 201 || status === 409) break;
    if (status !== 404 || attempt > 50) throw new Error(`POST ${path} ${String(metadata.name)}: ${status} ${text}`);
    await sleep(200);
  }
  if (object.kind === 'Pod' && object.status !== undefined)
    await call(server, 'PATCH', `${path}/${String(metadata.name)}/status`, { status: object.status });
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

function rights(): readonly Value[] {
  const [clusterRole, role] = publishedRoles() as unknown as readonly Value[];
  if (!clusterRole || !role) throw new Error('deploy/rbac lacks its roles');
  const rules = (clusterRole.rules as readonly { readonly resources: readonly string[] }[]).map((rule) => ({
    ...rule,
    resources: rule.resources.filter((name) => name !== 'authorizationpolicies'),
  }));
  const partial = { ...clusterRole, metadata: { name: 'partial' }, rules };
  const named = proberRole() as unknown as Value;
  const prober = { ...named, metadata: { ...metadataOf(named), namespace: PROBED } };
  const bind = (kind: string, of: Value, user: string): Value => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata: {
      ...metadataOf(of === prober ? prober : role),
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
  ];
}
