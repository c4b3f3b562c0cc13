// Where the programs of a real mesh are: named in MESH_BIN, or put by `npm run build:mesh` into a cache outside the repository, by the hash
// of the versions that are pinned.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENVOY_VERSION } from './packaged-envoy.mjs';

export const ISTIO_MODULE = fileURLToPath(new URL('../test/mesh/istio/', import.meta.url));
export const GO_PROGRAMS = ['pilot-discovery', 'pilot-agent'];
const ISTIO = 'istio.io/istio';
/** What Go modules bring that is no program: the first configuration of every proxy, and the definitions of Istio's kinds and the Gateway API's. */
export const FROM_SOURCES = {
  'envoy_bootstrap.json': { module: ISTIO, path: 'tools/packaging/common/envoy_bootstrap.json' },
  'crds.yaml': { module: ISTIO, path: 'manifests/charts/base/files/crd-all.gen.yaml' },
  ...Object.fromEntries(
    ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'referencegrants'].map((kind) => [
      `gateway-api-${kind}.yaml`,
      { module: 'sigs.k8s.io/gateway-api', path: `config/crd/standard/gateway.networking.k8s.io_${kind}.yaml` },
    ]),
  ),
};

/** The folder of the cache for the pinned versions. */
export function meshCache() {
  const pinned = createHash('sha256')
    .update(readFileSync(join(ISTIO_MODULE, 'go.sum')))
    .update(ENVOY_VERSION)
    .digest('hex');
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'meshproof', `mesh-${pinned.slice(0, 16)}`);
}

/** What a folder lacks. `nft` may be anywhere on the PATH instead. */
export function missingOfMesh(folder) {
  const missing = [...GO_PROGRAMS, 'envoy', ...Object.keys(FROM_SOURCES)].filter(
    (name) => !existsSync(join(folder, name)),
  );
  return hasNft() || existsSync(join(folder, 'nft')) ? missing : [...missing, 'nft'];
}

export const hasNft = () => !spawnSync('nft', ['--version']).error;
