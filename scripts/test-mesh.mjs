// Verdicts and evidence against a real mesh: istiod, pilot-agent and Envoy that `npm run build:mesh` put into the cache (or MESH_BIN and KUBE_BIN
// name), in namespaces of their own. What is started there ends with them, however this ends.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { kubeCache, missingIn } from './kube-binaries.mjs';
import { meshCache, missingOfMesh } from './mesh-binaries.mjs';

const MINUTES = 15;
const TOOLS = ['unshare', 'nsenter', 'setpriv', 'ip', 'mount', 'curl', 'openssl'];

const root = fileURLToPath(new URL('..', import.meta.url));
const kube = process.env.KUBE_BIN || kubeCache();
const mesh = process.env.MESH_BIN || meshCache();
const reason = whyNot();
if (reason === undefined) process.exitCode = run();
else {
  // Whoever names the binaries wants the test.
  const isWanted = Boolean(process.env.MESH_BIN);
  (isWanted ? process.stderr : process.stdout).write(`${isWanted ? 'cannot run' : 'skipped'}: ${reason}\n`);
  if (isWanted) process.exitCode = 1;
}

function whyNot() {
  if (process.platform !== 'linux') return 'a real mesh needs network namespaces, which only Linux has';
  if (process.getuid?.() !== 0) return 'a real mesh needs root, for network namespaces';
  const absent = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error && spawnSync(tool, ['-V']).error);
  if (absent.length > 0) return `a real mesh needs ${absent.join(' and ')}, not on the PATH here`;
  const missing = [...missingIn(kube), ...missingOfMesh(mesh)];
  if (missing.length > 0) return `there is no ${missing.join(', no ')} here; npm run build:mesh makes them`;
  const tried = spawnSync('unshare', ['--net', '--pid', '--fork', '--mount-proc', 'ip', 'link', 'set', 'lo', 'up'], {
    encoding: 'utf8',
  });
  return tried.status === 0 ? undefined : `no namespace can be made here: ${tried.stderr.trim()}`;
}

function run() {
  bootstrap(root);
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-mesh-'));
  const vitest = [process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run'];
  const config = ['--config', join(root, 'vitest.mesh.config.ts'), ...process.argv.slice(2)];
  // The kernel ends unshare with this process, unshare the first process inside with itself, and that one all others.
  const inside = ['unshare', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
  try {
    const { status, error } = spawnSync('setpriv', ['--pdeathsig', 'KILL', ...inside, ...vitest, ...config], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, KUBE_BIN: kube, MESH_BIN: mesh, MESH_FOLDER: folder, PATH: `${mesh}:${process.env.PATH}` },
      timeout: MINUTES * 60_000,
      killSignal: 'SIGKILL',
    });
    if (error) process.stderr.write(`the tests of a real mesh did not end within ${MINUTES} minutes\n`);
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
