import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KubeTarget {
  readonly url: string;
  readonly ca: string;
}

/** A kubeconfig with a context per user; `user` is what a kubeconfig says of one. */
export function writeKubeconfig(
  folder: string,
  { url, ca }: KubeTarget,
  users: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string {
  const file = join(folder, 'kubeconfig.json');
  const names = Object.keys(users);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: names.map((name) => ({ name, user: users[name] })),
    'current-context': names[0],
    contexts: names.map((name) => ({ name, context: { cluster: 'test', user: name } })),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
