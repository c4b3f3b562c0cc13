import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { NetworkPolicyIngressRule } from '../../model/k8s/network-policy.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { PROXY_PORTS } from '../../semantics/capture.ts';
import { gatewayExposure } from '../../semantics/gateway/exposure.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { type Candidate, type Fix, nameOf, type Problem } from '../candidate.ts';
import { asksForIdentity, callersOf, callersUnknown, type Deputy, deputiesOf, meantForOutside } from './deputies.ts';
import { peerFor } from './network-admission.ts';
import { CNI_ENFORCES, TIME_OUT } from './network-words.ts';
import { freePolicyName } from './past-proxies.ts';

/**
 * A gateway that only the cluster reaches, that asks for anybody what stands behind it, and that takes no certificate of the mesh, so that no
 * policy of Istio tells its callers apart: a NetworkPolicy for its pods that admits those who are known to call it to the ports that lead there.
 * Its other ports stay open to the network, with those of its proxy.
 */
export const limitGateway: Fix = {
  id: 'limit-gateway',
  propose: (facts, problem) =>
    plaintextDeputies(facts, problem)
      .filter((deputy) => obstacleOf(facts, deputy) === undefined)
      .slice(0, MOST)
      .map((deputy) => candidateFor(facts, problem, deputy)),

  whyNot: (facts, problem) =>
    plaintextDeputies(facts, problem)
      .map((deputy) => obstacleOf(facts, deputy))
      .find((why) => why !== undefined),
};

const MOST = 20;
const HBONE = 15008;

const plaintextDeputies = (facts: Facts, problem: Problem): readonly Deputy[] =>
  deputiesOf(facts, problem).filter((deputy) => !asksForIdentity(deputy));

/** Why no NetworkPolicy can tell the callers of a gateway apart. */
function obstacleOf(facts: Facts, deputy: Deputy): string | undefined {
  const obstacle = meantForOutside(facts, deputy) ?? callersUnknown(facts, deputy);
  if (obstacle !== undefined) return obstacle;
  const { mesh, enforcement } = facts;
  const { gateway } = deputy;
  const { id } = gateway;
  const byIdentity = `serve it with tls mode ISTIO_MUTUAL, give its callers a DestinationRule for that, and admit them by principal`;
  if (mesh.cni === 'ignores-network-policy')
    return `${id} takes requests without a certificate of the mesh, and the CNI enforces no NetworkPolicy: ${byIdentity}`;
  if (gateway.hostNetwork)
    return `${id} takes requests without a certificate of the mesh, and uses the network of its node, where no NetworkPolicy selects it: ${byIdentity}`;
  const nameless = callersOf(facts, deputy).find((caller) => !peerFor(mesh, gateway, caller));
  if (nameless)
    return `${id} takes requests without a certificate of the mesh, and no label tells the pods of ${nameless.id}, which calls it, from others: ${byIdentity}`;
  const [isolating] = selectPolicies(enforcement.network, gateway).ingress;
  if (isolating)
    return `NetworkPolicies add up, and ${nameOf(isolating.policy)} admits it to ${id}, which takes requests without a certificate of the mesh: narrow its ingress rules, or ${byIdentity}`;
  return selectorOf(mesh, gateway)
    ? undefined
    : `no label tells the pods of ${id} from others of its namespace, so that no NetworkPolicy can be for them alone: ${byIdentity}`;
}

function candidateFor(facts: Facts, { cause }: Problem, deputy: Deputy): Candidate {
  const { mesh } = facts;
  const { gateway, ports } = deputy;
  const callers = callersOf(facts, deputy);
  const count = `${callers.length} known caller${callers.length === 1 ? '' : 's'}`;
  const outside =
    gatewayExposure(mesh, gateway).exposed === 'node-network'
      ? [`clients that come by a NodePort of ${gateway.id} are cut off from port ${ports.join(', ')}`]
      : [];
  return {
    id: `limit-gateway ${cause.kind} ${nameOf(cause)} ${gateway.id}`,
    summary: `${gateway.id}: a NetworkPolicy that admits the pods of the ${count} of what its routes lead to`,
    changes: [
      {
        kind: 'add',
        manifest: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: freePolicyName(facts, gateway), namespace: gateway.namespace },
          spec: {
            podSelector: { matchLabels: selectorOf(mesh, gateway) },
            policyTypes: ['Ingress'],
            ingress: ingressOf(facts, deputy, callers),
          },
        },
        beside: gateway.resource,
      },
    ],
    destinations: [gateway],
    senders: [],
    effort: 2,
    unknownCallers: [],
    unproven: [],
    preconditions: [
      CNI_ENFORCES,
      `for a week nobody else has called ${gateway.id} on port ${ports.join(', ')}: its access log tells`,
    ],
    sideEffects: [
      TIME_OUT,
      'ports that neither the pods nor their Services nor Gateways declare are closed to the network',
      ...outside,
    ],
  };
}

function ingressOf(
  { mesh }: Facts,
  { gateway, ports, others }: Deputy,
  callers: readonly Workload[],
): readonly NetworkPolicyIngressRule[] {
  const from = callers.flatMap((caller) => peerFor(mesh, gateway, caller) ?? []);
  const declared = gateway.ports.filter(({ port }) => !ports.includes(port));
  const open = new Map(
    [
      ...[...others, ...PROXY_PORTS, HBONE].map((port) => ({ protocol: 'TCP' as const, port })),
      ...declared.map(({ port, transport }) => ({ protocol: transport, port })),
    ].map((own) => [`${own.port}/${own.protocol}`, own]),
  );
  return [
    ...(from.length > 0 ? [{ from, ports: ports.map((port) => ({ protocol: 'TCP' as const, port })) }] : []),
    { ports: [...open.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1)) },
  ];
}
