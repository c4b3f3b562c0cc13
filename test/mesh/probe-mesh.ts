import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runIn } from './gather-evidence.ts';
import type { RunningMesh } from './start-mesh.ts';

/** Writes the probe script of a suite for a collected mesh, runs it in the networks of the pods, and gives the file of its results. */
export async function probeMesh(mesh: RunningMesh, bundle: string): Promise<string> {
  const [tests, script, kubectl, results] = ['suite.yaml', 'probes.sh', 'kubectl', 'results.jsonl'].map((name) =>
    join(mesh.folder, name),
  ) as [string, string, string, string];
  writeFileSync(tests, suiteOf(bundle));
  writeFileSync(kubectl, kubectlOf(mesh));
  chmodSync(kubectl, 0o755);
  const written = await runIn(mesh, 'test', tests, '--probe-script', script);
  if (written.code !== 0) throw new Error(`no probe script: ${written.err}`);
  const env = { ...process.env, KUBECTL: kubectl, MESHPROOF_PAUSE: '0' };
  const { stdout } = await promisify(execFile)('sh', [script], { env, timeout: 60_000 });
  writeFileSync(results, stdout);
  return results;
}

/** `exec -i -n NAMESPACE POD -c CONTAINER -- COMMAND...`, without a kubelet. */
function kubectlOf({ pods }: RunningMesh): string {
  const cases = [...pods.values()].map(
    ({ pod, enter: [net = ''] }) => `  exec\\ -i\\ ${pod.namespace}/${pod.name}/app) net=${net} ;;`,
  );
  return `#!/bin/sh
case "$1 $2 $4/$5/$7" in
${cases.join('\n')}
  *) echo "not expected here: $*" >&2; exit 9 ;;
esac
shift 8
exec nsenter "$net" -- "$@"
`;
}

/** Both ways, with and without an identity; the last is what the one without is measured by. */
const suiteOf = (bundle: string): string => `
apiVersion: meshproof.dev/v1
kind: PolicyTest
metadata: { name: server }
resources: ["${bundle}"]
cases:
  - name: client-a may
    request: { from: { workload: demo/client-a }, to: { service: demo/server, port: 80 }, http: { method: GET, path: /ok } }
    expect: allow
  - name: client-a may not everything
    request: { from: { workload: demo/client-a }, to: { service: demo/server, port: 80 }, http: { method: GET, path: /admin } }
    expect: deny
  - name: client-b may not
    request: { from: { workload: other/client-b }, to: { service: demo/server, port: 80 }, http: { method: GET, path: /ok } }
    expect: deny
  - name: without an identity nobody may
    request: { from: { workload: legacy/plain }, to: { service: demo/server, port: 80 }, http: { method: GET, path: /ok } }
    expect: deny
  - name: what the sidecar does not get, anybody may
    request: { from: { workload: legacy/plain }, to: { service: demo/server, port: 7000 }, http: { method: GET, path: /ok } }
    expect: allow
`;
