// npm run build:kube: builds kube-apiserver and etcd from their Go modules into the cache. Ten minutes of two processors, 500 MB of
// sources, 4 GB of Go's build cache; afterwards nothing. Needs Go.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goBuild } from './go-build.mjs';
import { BINARIES, KUBE_MODULE, kubeCache, missingIn } from './kube-binaries.mjs';

const PACKAGES = { etcd: 'go.etcd.io/etcd/server/v3', 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver' };

const folder = kubeCache();
if (missingIn(folder).length === 0) say(`${folder} has ${BINARIES.join(' and ')} already`);
else {
  try {
    build();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function build() {
  const [, version = ''] = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(KUBE_MODULE, 'go.mod'), 'utf8')) ?? [];
  const [major, minor] = version.slice(1).split('.');
  const at = 'k8s.io/component-base/version';
  const link = `-s -w -X ${at}.gitVersion=${version} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor}`;
  for (const program of missingIn(folder)) {
    say(`building ${program}`);
    goBuild({
      module: KUBE_MODULE,
      program,
      from: PACKAGES[program],
      into: folder,
      flags: ['-trimpath', '-ldflags', link],
      env: { CGO_ENABLED: '0' },
    });
  }
  say(`${folder} has ${BINARIES.join(' and ')}; npm run test:live uses them`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
