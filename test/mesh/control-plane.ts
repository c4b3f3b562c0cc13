import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from '../live/keep-processes.ts';
import { MESH_CONFIG, NODE } from './world.ts';

export const DISCOVERY = `${NODE}:15012`;
const DEBUG = 'http://127.0.0.1:18080';

export interface ControlPlaneOptions {
  readonly binaries: string;
  readonly folder: string;
  readonly kubeconfig: string;
  /** A filter that only Istio's own build of Envoy has: any other rejects what holds it. */
  readonly hasOwnFilter?: boolean;
}

/** Starts istiod, and waits until it has read the cluster. */
export async function startControlPlane(
  processes: Processes,
  { binaries, folder, kubeconfig, hasOwnFilter = false }: ControlPlaneOptions,
): Promise<void> {
  const config = join(folder, 'mesh.yaml');
  writeFileSync(config, MESH_CONFIG);
  processes.run(
    'istiod',
    join(binaries, 'pilot-discovery'),
    [
      ...['discovery', '--kubeconfig', kubeconfig, '--meshConfig', config, '--namespace', 'istio-system'],
      ...['--clusterID', 'Kubernetes', '--httpAddr', '127.0.0.1:18080', '--grpcAddr', '127.0.0.1:15010'],
      ...['--secureGRPCAddr', DISCOVERY, '--httpsAddr', '127.0.0.1:15017', '--monitoringAddr', '127.0.0.1:15014'],
      ...['--ctrlz_port', '0'],
    ],
    {
      cwd: folder,
      env: {
        POD_NAME: 'istiod',
        POD_NAMESPACE: 'istio-system',
        SERVICE_ACCOUNT: 'istiod',
        REVISION: 'default',
        CLUSTER_ID: 'Kubernetes',
        PILOT_CERT_PROVIDER: 'istiod',
        ISTIOD_CUSTOM_HOST: 'localhost',
        VALIDATION_WEBHOOK_CONFIG_NAME: '',
        INJECTION_WEBHOOK_CONFIG_NAME: '',
        PILOT_ENABLE_METADATA_EXCHANGE: String(hasOwnFilter),
        PILOT_ENABLE_ALPN_FILTER: 'false',
        PILOT_ENABLE_AMBIENT: 'true',
        PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: 'false',
      },
    },
  );
  await processes.until('istiod gets ready', 60, async () => {
    const { ok } = await fetch('http://127.0.0.1:18080/ready', { signal: AbortSignal.timeout(2_000) });
    return ok ? true : undefined;
  });
}

/** What istiod says at `/debug/…`. */
export async function askIstiod(path: string): Promise<string> {
  const response = await fetch(`${DEBUG}/debug/${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`istiod answers ${response.status} to /debug/${path}`);
  return response.text();
}
