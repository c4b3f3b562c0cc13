// npm run build:kube: builds kube-apiserver and etcd from their Go modules into the cache. Ten minutes of two processors, 500 MB of
// sources, 4 GB of Go's build cache; afterwards nothing. Needs Go.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BINARIES, KUBE_MODULE, kubeCache, missingIn } from './kube-binaries.mjs';

const PACKAGES = { etcd: 'go.etcd.io/etcd/server/v3', 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver' };

const folder = kubeCache();
if (missingIn(folder).length === 0) say(`${folder} has ${BINARIES.join(' and ')} already`);
else build();

function build() {
  if (spawnSync('go', ['version']).error) fail('building the API server needs Go, and there is no `go` on the PATH');
  mkdirSync(folder, { recursive: true });
  const [, version = ''] = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(KUBE_MODULE, 'go.mod'), 'utf8')) ?? [];
  const [major, minor] = version.slice(1).split('.');
  const at = 'k8s.io/component-base/version';
  const flags = `-s -w -X ${at}.gitVersion=${version} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor}`;
  for (const name of missingIn(folder)) {
    say(`building ${name}`);
    const staging = join(folder, `.${name}.${process.pid}`);
    const { status } = spawnSync('go', ['build', '-trimpath', '-ldflags', flags, '-o', staging, PACKAGES[name]], {
      cwd: KUBE_MODULE,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) fail(`go build of ${name} failed`);
    renameSync(staging, join(folder, name));
  }
  say(`${folder} has ${BINARIES.join(' and ')}; npm run test:live uses them`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
