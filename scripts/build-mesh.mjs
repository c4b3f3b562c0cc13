// npm run build:mesh: puts the programs of a real mesh into the cache: pilot-discovery and pilot-agent from their Go modules (minutes, 2 GB of
// memory), Envoy from its Python package, nft from Debian's packages where the machine has none. And what `npm run build:kube` makes.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goBuild } from './go-build.mjs';
import { FROM_SOURCES, GO_PROGRAMS, hasNft, ISTIO_MODULE, meshCache, missingOfMesh } from './mesh-binaries.mjs';
import { packagedEnvoy } from './packaged-envoy.mjs';

const NFT_PACKAGES = [
  ...['nftables', 'libnftables1', 'libnftnl11', 'libmnl0', 'libxtables12', 'libjansson4'],
  ...['libedit2', 'libbsd0', 'libmd0', 'libgmp10', 'libtinfo6'],
];

const folder = meshCache();
try {
  run(process.execPath, [fileURLToPath(new URL('build-kube.mjs', import.meta.url))]);
  build();
  say(`${folder} has istiod, its agent and Envoy; npm run test:mesh uses them`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function build() {
  mkdirSync(folder, { recursive: true });
  const missing = missingOfMesh(folder);
  for (const program of GO_PROGRAMS.filter((name) => missing.includes(name))) {
    say(`building ${program}`);
    // Compiled as the recorder of conformance/ is, so that whoever has built that links only.
    const from = `istio.io/istio/pilot/cmd/${program}`;
    goBuild({ module: ISTIO_MODULE, program, from, into: folder, flags: ['-ldflags', '-s -w'] });
  }
  for (const [name, { module, path }] of Object.entries(FROM_SOURCES))
    if (missing.includes(name)) put(join(sourcesOf(module), path), name);
  if (missing.includes('envoy')) {
    say('fetching Envoy');
    const environment = join(folder, '.venv');
    put(process.env.ENVOY ?? packagedEnvoy(environment), 'envoy');
    rmSync(environment, { recursive: true, force: true });
  }
  if (missing.includes('nft')) unpackNft();
}

function sourcesOf(module) {
  const { stdout, status } = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', module], {
    cwd: ISTIO_MODULE,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`go does not say where the sources of ${module} are`);
  return stdout.trim();
}

/** A copy appears whole or not at all. */
function put(from, name) {
  const staging = join(folder, `.${name}.${process.pid}`);
  copyFileSync(from, staging);
  renameSync(staging, join(folder, name));
}

/** Debian's nft with its libraries, and a script that starts it with them. */
function unpackNft() {
  if (hasNft()) return;
  if (spawnSync('apt-get', ['--version']).error)
    throw new Error('nft is missing: install nftables (only on Debian and Ubuntu it is fetched from here)');
  say('fetching nft');
  const packages = mkdtempSync(join(tmpdir(), 'meshproof-nft-'));
  try {
    run('apt-get', ['download', '-qq', ...NFT_PACKAGES], packages);
    for (const file of readdirSync(packages)) run('dpkg', ['-x', file, join(folder, '.nft')], packages);
  } finally {
    rmSync(packages, { recursive: true, force: true });
  }
  const root = '$(dirname "$(readlink -f "$0")")/.nft';
  const libraries = ['usr/lib', 'lib'].flatMap((at) => {
    const within = join(folder, '.nft', at);
    return existsSync(within) ? readdirSync(within).map((each) => `${root}/${at}/${each}`) : [];
  });
  const script = `#!/bin/sh\nLD_LIBRARY_PATH="${libraries.join(':')}" exec "${root}/usr/sbin/nft" "$@"\n`;
  writeFileSync(join(folder, 'nft'), script, { mode: 0o755 });
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
