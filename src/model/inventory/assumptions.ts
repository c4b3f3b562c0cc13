import type { Resources } from '../resources.ts';
import type { Mesh } from './types.ts';

type Facts = Pick<Mesh, 'config' | 'cni' | 'scope' | 'workloads' | 'clusterByName'>;

/**
 * What holds for the whole input without being in it (design §3), each only where something of the input rests on it. What single
 * workloads rest on comes from their data planes.
 */
export function listAssumptions(resources: Resources, facts: Facts): readonly string[] {
  const { config, cni, scope, workloads, clusterByName } = facts;
  const has = (kind: Parameters<Resources['of']>[0]) => resources.of(kind).length > 0;
  const complete = (what: string) => scope.complete.has('all') || scope.complete.has(what);
  const inRoot = (kind: 'AuthorizationPolicy' | 'PeerAuthentication' | 'RequestAuthentication') =>
    resources.inNamespace(kind, config.rootNamespace.value).length > 0;
  const gateways = resources.of('Gateway');
  const kubernetesGateways = resources.of('KubernetesGateway');

  const general: readonly (readonly [applies: boolean, words: string])[] = [
    [!isMeshConfigRead(config) && !complete('mesh-config'), "the input has no mesh config: Istio's defaults hold"],
    [
      !complete('root-policies') &&
        !inRoot('AuthorizationPolicy') &&
        !inRoot('PeerAuthentication') &&
        !inRoot('RequestAuthentication'),
      `the root namespace \`${config.rootNamespace.value}\` has no policy: none is in the input`,
    ],
    [
      !complete('gateways') && !workloads.some(({ gateway }) => gateway !== undefined),
      'nothing but what the input shows leads in from outside: it has no gateway',
    ],
    [has('NetworkPolicy') && cni === 'enforces-network-policy', 'the CNI enforces NetworkPolicy'],
    [hasIpBlocks(resources), 'an `ipBlock` matches pod addresses too'],
    [has('RequestAuthentication'), 'the key sets of JWT issuers are reachable'],
    [
      gateways.some(({ spec }) =>
        spec.servers?.some(({ tls }) => tls?.credentialName ?? tls?.credentialNames?.length),
      ) || kubernetesGateways.some(({ spec }) => spec.listeners?.some(({ tls }) => tls?.certificateRefs?.length)),
      'the credentials that gateways refer to exist',
    ],
    [kubernetesGateways.length > 0 && !has('GatewayClass'), 'the GatewayClasses `istio*` exist'],
    [resources.size > 0, 'the objects of the input are applied together'],
  ];
  const ofWorkloads = new Set(workloads.flatMap(({ dataPlane }) => dataPlane.assumes));
  return [
    ...general.flatMap(([applies, words]) => (applies ? [words] : [])),
    ...[...ofWorkloads].sort(),
    ...[...clusterByName.values()].flatMap(({ assumes }) => assumes),
  ];
}

const isMeshConfigRead = (config: Mesh['config']): boolean =>
  Object.values(config).some((setting: unknown) => {
    const from = typeof setting === 'object' && setting !== null && 'from' in setting ? setting.from : 'default';
    return from === 'object';
  });

function hasIpBlocks(resources: Resources): boolean {
  return resources.of('NetworkPolicy').some(({ spec }) => {
    const peers = [
      ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
      ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
    ];
    return peers.some(({ ipBlock }) => ipBlock !== undefined);
  });
}
