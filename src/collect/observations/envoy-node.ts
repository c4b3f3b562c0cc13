import type { EnvoyJson, EnvoyNode } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { textOf, textsOf } from './json.ts';

const TYPES: readonly string[] = ['sidecar', 'router', 'waypoint'] satisfies readonly EnvoyNode['type'][];

/**
 * Whose proxy it is. What istio's agent says of itself in the bootstrap; or in words why it is no proxy of a mesh.
 *
 * Source: istio pkg/model/proxy.go (NodeMetadata, Proxy.ServiceNode).
 */
export function readNode(node: EnvoyJson): EnvoyNode | string {
  const id = textOf(node.id) ?? '';
  const [type = '', address = '', name = ''] = id.split('~');
  const metadata = isObject(node.metadata) ? node.metadata : {};
  const dot = name.lastIndexOf('.');
  const pod = textOf(metadata.NAME) ?? name.slice(0, Math.max(0, dot));
  const namespace = textOf(metadata.NAMESPACE) ?? name.slice(dot + 1);
  if (!TYPES.includes(type) || pod === '' || namespace === '') {
    return `not the Envoy of a mesh: its node id is \`${id}\`, expected \`sidecar~IP~POD.NAMESPACE~DOMAIN\``;
  }
  const addresses = (textOf(metadata.INSTANCE_IPS) ?? address).split(',').filter((each) => each !== '');
  const optional = {
    workload: textOf(metadata.WORKLOAD_NAME),
    serviceAccount: textOf(metadata.SERVICE_ACCOUNT),
    clusterId: textOf(metadata.CLUSTER_ID),
    istioVersion: textOf(metadata.ISTIO_VERSION),
    envoyVersion: versionOf(node),
    interceptionMode: textOf(metadata.INTERCEPTION_MODE),
  };
  const known = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    id,
    type: type as EnvoyNode['type'],
    namespace,
    pod,
    ...Object.fromEntries(known),
    labels: textsOf(metadata.LABELS),
    addresses,
  };
}

function versionOf({ user_agent_build_version: build }: EnvoyJson): string | undefined {
  const version = isObject(build) && isObject(build.version) ? build.version : undefined;
  if (!version) return undefined;
  return [version.major_number, version.minor_number, version.patch].map((part) => part ?? 0).join('.');
}
