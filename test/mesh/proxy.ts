import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ApiServer } from '../live/api-server.ts';
import type { Processes } from '../live/keep-processes.ts';
import type { KeyPair } from './certificates.ts';
import { DISCOVERY } from './control-plane.ts';
import { type PodNetwork, runNow } from './network.ts';
import { annotationsOf, captureFlags, labelsOf, type MeshPod } from './world.ts';

const PROXY_UID = '1337';

export interface ProxyOptions {
  readonly server: ApiServer;
  readonly binaries: string;
  readonly folder: string;
}

/** Starts pilot-agent in a pod, which starts Envoy and hands on to it what istiod sends; the traffic of a sidecar's pod is redirected. */
export async function startProxy(
  processes: Processes,
  { pod, enter }: PodNetwork,
  { server, binaries, folder }: ProxyOptions,
): Promise<ChildProcess> {
  const own = join(folder, `proxy-${pod.name}`);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(own, path)), { recursive: true });
    writeFileSync(join(own, path), text);
  };
  const lines = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
      .join('');
  put('etc/istio/pod/labels', lines(labelsOf(pod)));
  put('etc/istio/pod/annotations', lines(annotationsOf(pod)));
  put('etc/istio/proxy/.keep', '');
  put(join(CERTIFICATES, '.keep'), '');
  put('var/run/secrets/tokens/istio-token', await tokenFor(server, pod));
  put('var/run/secrets/istio/root-cert.pem', await rootOf(server, processes, pod.namespace));
  // What Istio's own build of Envoy alone has, and a waypoint is always given.
  const bootstrap = readFileSync(join(binaries, 'envoy_bootstrap.json'), 'utf8');
  put('var/lib/istio/envoy/envoy_bootstrap_tmpl.json', bootstrap.replaceAll('if .metadata_discovery', 'if false'));
  runNow('chown', ['-R', `${PROXY_UID}:${PROXY_UID}`, own]);
  chmodSync(own, 0o755);

  const agent = join(binaries, 'pilot-agent');
  if (pod.proxy === 'sidecar')
    runNow('nsenter', [...enter, agent, 'istio-iptables', '--native-nftables', ...captureFlags(pod)]);
  const user = ['setpriv', `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, '--clear-groups', '--'];
  const proxy = [agent, 'proxy', pod.proxy ?? '', '--domain', `${pod.namespace}.svc.cluster.local`];
  return processes.run(agentOf(pod), 'nsenter', [...enter, ...user, ...proxy], {
    cwd: own,
    env: {
      HOME: own,
      INSTANCE_IP: pod.ip,
      POD_NAME: pod.name,
      POD_NAMESPACE: pod.namespace,
      SERVICE_ACCOUNT: pod.name,
      // Else the agent looks for a cloud, for two seconds.
      CLOUD_PLATFORM: 'none',
      ISTIO_META_CLUSTER_ID: 'Kubernetes',
      ISTIO_META_INTERCEPTION_MODE: 'REDIRECT',
      ISTIO_META_ISTIO_VERSION: '1.32.0',
      ISTIO_META_WORKLOAD_NAME: pod.name,
      ...(pod.proxy === 'waypoint' ? { ISTIO_META_ENABLE_HBONE: 'true', ISTIO_META_ISTIO_VERSION: '1.29.1' } : {}),
      OUTPUT_CERTS: join(own, CERTIFICATES),
      TRUST_DOMAIN: 'cluster.local',
      ISTIOD_SAN: 'istiod.istio-system.svc',
      PROXY_CONFIG: JSON.stringify({
        discoveryAddress: DISCOVERY,
        binaryPath: join(binaries, 'envoy'),
        concurrency: 1,
        statusPort: 15020,
        terminationDrainDuration: '0.1s',
        ...pod.proxyConfig,
      }),
    },
  });
}

/** Where the agent leaves what istiod signed for the pod. */
const CERTIFICATES = 'certificates';

export const certificatesOf = (folder: string, { name }: MeshPod): KeyPair => {
  const read = (file: string): string => readFileSync(join(folder, `proxy-${name}`, CERTIFICATES, file), 'utf8');
  return { cert: read('cert-chain.pem'), key: read('key.pem') };
};

export const agentOf = ({ name }: MeshPod): string => `agent-${name}`;

interface Named {
  readonly name: string;
  readonly namespace: string;
}

async function tokenFor(server: ApiServer, { name, namespace }: Named): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { spec: { audiences: ['istio-ca'], expirationSeconds: 3600 } };
  const { status, text } = await server.call('POST', path, body);
  if (status !== 201) throw new Error(`a token for ${namespace}/${name}: ${status} ${text}`);
  return JSON.parse(text).status.token;
}

/** istiod puts its root certificate into every namespace. */
const rootOf = (server: ApiServer, processes: Processes, namespace: string): Promise<string> =>
  processes.until(`istiod's root certificate is in ${namespace}`, 30, async () => {
    const { status, text } = await server.call('GET', `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`);
    return status === 200 ? JSON.parse(text).data['root-cert.pem'] : undefined;
  });
