import type { PortFacts } from '../graph/facts.ts';
import { type EvidenceStatus, weakestStatus } from '../result/status.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { peerOf, podOf } from '../semantics/network.ts';
import { decideIngress } from '../semantics/network-policy/decide.ts';
import type { NetworkDecision } from '../semantics/network-policy/peer.ts';
import type { CompiledRule } from '../semantics/network-policy/compile.ts';
import { findUnmodelled, type Isolation, selectPolicies } from '../semantics/network-policy/policy-index.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import {
  isNamespaceComplete,
  judgedPort,
  judgedWorkload,
  type Member,
  type MemberPort,
  type Population,
} from './population.ts';
import { type Judged, tally } from './tally.ts';

export const networkPoliciesUnsettled =
  'all NetworkPolicies, those of the CNI with them, and then `scope: { complete: [network-policies] }` in meshproof.yaml';

/** Segmentation in both tiers: the network's, and that of identities and network together. */
export function segmentationMeasures(population: Population): readonly Measure[] {
  const isOpen = openness();
  return [
    {
      subjects: 'workloads',
      covered: 'isolated for ingress by a NetworkPolicy',
      tally: tally(
        population.services.map((member) =>
          judgeNetwork(population, member, (isolation) => isolation.ingress.length > 0 && !isOpen(isolation)),
        ),
      ),
      absent: 'the workloads',
      unsettled: networkPoliciesUnsettled,
    },
    {
      subjects: 'workload ports',
      covered: 'closed to callers that no rule names',
      tally: tally(population.tcpPorts.map((port) => judgeBoundary(population, port))),
      absent: 'workload ports: the workloads and their Services',
      unsettled: enrolmentUnsettled,
    },
  ];
}

/**
 * What NetworkPolicy does for a workload. A policy that is there is taken to be enforced, an assumption; that none is there is a fact only where
 * the input is complete for it.
 */
function judgeNetwork(population: Population, member: Member, covers: (isolation: Isolation) => boolean): Judged {
  const { facts } = population;
  const { mesh, enforcement } = facts;
  const { workload } = member;
  if (mesh.cni === 'ignores-network-policy')
    return judgedWorkload(population, member, { covered: false, status: 'INFERRED' });
  const byAdmin = decideForAdmins(enforcement, workload);
  const covered = byAdmin ? byAdmin === 'deny' : covers(selectPolicies(enforcement.network, workload));
  const known = covered || facts.isComplete('network-policies') || isNamespaceComplete(facts, workload);
  const conditional = !known || byAdmin === 'unknown' || findUnmodelled(enforcement.network, workload) !== undefined;
  return judgedWorkload(population, member, {
    covered,
    status: conditional ? 'UNKNOWN' : 'INFERRED',
    assumed: covered,
  });
}

/**
 * What administrators' policies say to a pod that nobody has labelled, on the ports of the workload; undefined where no rule of theirs decides, so
 * that NetworkPolicy alone counts.
 */
function decideForAdmins({ mesh, network }: Enforcement, workload: Workload): NetworkDecision['outcome'] | undefined {
  if (!network.admin.has(workload.cluster)) return undefined;
  const anyPod = peerOf(mesh, { kind: 'pod-outside-mesh' }, undefined, workload.cluster);
  const ports = workload.ports.filter(({ transport }) => transport === 'TCP').map(({ port }) => port);
  const answers = (ports.length > 0 ? ports : [ANY_PORT]).map((port) =>
    decideIngress(network, anyPod, podOf(workload), port, 'TCP'),
  );
  if (!answers.some(({ by }) => by !== null && by.policy.kind !== 'NetworkPolicy')) return undefined;
  const outcomes = answers.map(({ outcome }) => outcome);
  return outcomes.find((outcome) => outcome === 'deny') ?? outcomes.find((outcome) => outcome === 'unknown') ?? 'allow';
}

const ANY_PORT = 8080;

function judgeBoundary(population: Population, port: MemberPort): Judged {
  const { facts } = port;
  const inPlaintext = facts.access.plaintextFromAnyPod !== null;
  const withIdentity = facts.access.anyIdentityFromAnyPod !== null;
  // What a policy of the root namespace could still close: plaintext by STRICT, any way in where no AuthorizationPolicy applies.
  const noPolicy = facts.authorization.posture === 'none';
  const closable = (!inPlaintext || facts.mtls.level === 'default' || noPolicy) && (!withIdentity || noPolicy);
  return judgedPort(population, port, {
    covered: !inPlaintext && !withIdentity,
    status: statusOf(facts),
    assumed: (inPlaintext || withIdentity) && facts.captured.captured && population.rootUnknown && closable,
  });
}

function statusOf({ mtls, authorization }: PortFacts): EvidenceStatus {
  return weakestStatus([mtls.status, authorization.posture === 'conditional' ? 'UNKNOWN' : authorization.status]);
}

/** Whether some rule of the policies that select a pod lets every pod of the cluster, or anybody, use every port. */
function openness(): (isolation: Isolation) => boolean {
  const memo = new Map<Isolation, boolean>();
  return (isolation) => {
    let open = memo.get(isolation);
    if (open === undefined) {
      open = isolation.ingress.some(({ ingress }) => ingress?.some(admitsAll));
      memo.set(isolation, open);
    }
    return open;
  };
}

function admitsAll({ peers, ports }: CompiledRule): boolean {
  const anyPort = ports === null || ports.some(({ kind, transport }) => kind === 'all' && transport === 'TCP');
  return anyPort && (peers === null || peers.some(isEverybody));
}

function isEverybody(peer: NonNullable<CompiledRule['peers']>[number]): boolean {
  if (peer.kind === 'block') return peer.block.cidr.prefix === 0 && peer.block.except.length === 0;
  return peer.namespaceSelector !== undefined && isEmpty(peer.namespaceSelector) && isEmpty(peer.podSelector ?? {});
}

const isEmpty = ({
  matchLabels = {},
  matchExpressions = [],
}: {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly unknown[];
}): boolean => Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
