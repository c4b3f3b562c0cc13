import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { tokenOf, USERS } from './contract.ts';
import type { Value } from './fake-api-server.ts';
import type { Processes } from './keep-processes.ts';
import type { KubeTarget } from './kubeconfig.ts';

export interface Called {
  readonly status: number;
  readonly text: string;
}

/** An API server, and a way to ask it as `admin`. */
export interface ApiServer extends KubeTarget {
  call(method: string, path: string, body?: Value): Promise<Called>;
}

/** A real kube-apiserver over a real etcd, from a folder of binaries, with their data in another. The users are those of the contract. */
export async function startApiServer(
  processes: Processes,
  { binaries, folder }: { readonly binaries: string; readonly folder: string },
): Promise<ApiServer> {
  mkdirSync(folder, { recursive: true });
  const [client, peer, secure] = await freePorts(3);
  const store = `http://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  processes.run('etcd', join(binaries, 'etcd'), [
    ...['--data-dir', join(folder, 'etcd'), '--listen-client-urls', store, '--advertise-client-urls', store],
    ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
    ...['--initial-cluster', `default=${peers}`, '--unsafe-no-fsync'],
  ]);
  processes.run('kube-apiserver', join(binaries, 'kube-apiserver'), [
    ...['--etcd-servers', store, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1'],
    ...['--endpoint-reconciler-type=none', `--secure-port=${secure}`, `--cert-dir=${join(folder, 'certs')}`],
    ...['--authorization-mode=RBAC', `--token-auth-file=${writeTokens(folder)}`, '--allow-privileged=true'],
    ...serviceAccountFlags(folder),
    ...['--service-cluster-ip-range=10.96.0.0/16', '--enable-priority-and-fairness=false'],
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
  ]);
  const url = `https://127.0.0.1:${secure}`;
  // The server writes its own certificate first.
  const ca = await processes.until('the API server gets ready', 60, async () => {
    const certificate = readFileSync(join(folder, 'certs/apiserver.crt'), 'utf8');
    const { status } = await call({ url, ca: certificate }, 'GET', '/readyz');
    return status === 200 ? certificate : undefined;
  });
  return { url, ca, call: (method, path, body) => call({ url, ca }, method, path, body) };
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

const TYPES: Readonly<Record<string, string>> = {
  PATCH: 'application/merge-patch+json',
  // Server-side apply is a patch of its own kind.
  APPLY: 'application/apply-patch+yaml',
};

function call({ url, ca }: KubeTarget, method: string, path: string, body?: Value): Promise<Called> {
  return new Promise((done, fail) => {
    const headers = {
      authorization: `Bearer ${tokenOf('admin')}`,
      'content-type': TYPES[method] ?? 'application/json',
    };
    const verb = method === 'APPLY' ? 'PATCH' : method;
    const request = https.request(`${url}${path}`, { method: verb, headers, ca, timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${path}: no answer in 20 s`)));
    request.on('error', fail);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
