import type { Facts } from '../../graph/facts.ts';
import { objectOf } from '../../model/by.ts';
import type { ClusterRoleBinding } from '../../model/k8s/cluster-role-binding.ts';
import type { RoleBinding } from '../../model/k8s/role-binding.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type Fix, nameOf, type Problem, startsOf, targetsOf } from '../candidate.ts';

/** What a person has to do about a cause that no fix is for, or that all others have nothing to say of. The last of the catalogue. */
export const byHand: Fix = {
  id: 'by-hand',
  propose: () => [],
  whyNot(facts, problem) {
    const { cause } = problem;
    return (WORDS[cause.kind] ?? unknownKind)(problem, facts);
  },
};

type Words = (problem: Problem, facts: Facts) => string;

const WORDS: Readonly<Record<string, Words>> = {
  AuthorizationPolicy: (problem) =>
    `${named(problem)} lets ${starts(problem)} in to ${targets(problem)}, and too much hangs on it to rewrite it: split it by workload, each with its callers by name`,
  Namespace: (problem) =>
    `nothing in namespace ${problem.cause.name} refuses it to ${targets(problem)}: put the namespace into the mesh with a default deny, and an ALLOW for each workload with its callers by name`,
  ServiceAccount: (problem) =>
    `account ${nameOf(problem.cause)} is that of several workloads, ${starts(problem)} among them, so that no policy tells them apart: give each one of its own, and say in \`wanted\` who calls ${targets(problem)}`,
  PeerAuthentication: (problem) =>
    `${named(problem)} lets plaintext in to ${targets(problem)}, which names nobody: enrol the callers that send it, then set mode STRICT`,
  RequestAuthentication: (problem) =>
    `${named(problem)} checks tokens and asks for none at ${targets(problem)}: have its clients send one, then deny requests without a requestPrincipal`,
  RoleBinding: ofBinding,
  ClusterRoleBinding: ofBinding,
  Gateway: ofGateway,
  KubernetesGateway: ofGateway,
  ListenerSet: ofGateway,
  VirtualService: ofRoute,
  HTTPRoute: ofRoute,
  GRPCRoute: ofRoute,
  TCPRoute: ofRoute,
  TLSRoute: ofRoute,
  Ingress: ofRoute,
  Service: (problem) =>
    `${named(problem)} makes ${targets(problem)} reachable from outside: give it type ClusterIP, or let a gateway that asks who comes stand before it`,
  WorkloadEntry: ofMachine,
  WorkloadGroup: ofMachine,
  ServiceEntry: (problem) =>
    `${named(problem)} stands for ${targets(problem)} outside the cluster, where nothing here decides: close it with the firewall there`,
  ConfigMap: ofMeshConfig,
  IstioOperator: ofMeshConfig,
  Istio: ofMeshConfig,
  NetworkPolicy: (problem) =>
    `${named(problem)} admits ${starts(problem)} to ${targets(problem)}: name the pods that have to call it in its ingress rules`,
  Deployment: ofWorkload,
  StatefulSet: ofWorkload,
  DaemonSet: ofWorkload,
  ReplicaSet: ofWorkload,
  Job: ofWorkload,
  CronJob: ofWorkload,
  Pod: ofWorkload,
};

/** Rights that come by a group, or that belong to more than one account, are not taken from it here. */
function ofBinding(problem: Problem): string {
  const binding = objectOf(problem.cause)?.resource as RoleBinding | ClusterRoleBinding | undefined;
  const groups = (binding?.spec.subjects ?? []).filter(({ kind }) => kind === 'Group').map(({ name }) => `\`${name}\``);
  const role = `${binding?.spec.roleRef?.kind ?? 'the role'} ${binding?.spec.roleRef?.name ?? ''}`.trim();
  return groups.length > 0
    ? `${named(problem)} gives ${role} to group ${groups.join(', ')}, which ${starts(problem)} is in: bind the accounts that need it one by one instead`
    : `${named(problem)} gives ${role} to ${starts(problem)}: take out what it does not need, or run it where nobody else may start or change pods`;
}

function ofGateway(problem: Problem): string {
  return `${named(problem)} takes requests from everybody for ${targets(problem)}: ask there for certificates of the mesh (ISTIO_MUTUAL) with an ALLOW for its callers, for a token, or take the route out`;
}

function ofRoute(problem: Problem): string {
  return `${named(problem)} leads to ${targets(problem)} for everybody who gets to its gateway: ask for a token there, or take the route out`;
}

function ofMachine(problem: Problem): string {
  return `${targets(problem)} runs outside Kubernetes, where no proxy sees the port: close it with the firewall of the machine, or start its proxy with the port captured`;
}

function ofMeshConfig(problem: Problem): string {
  return `the mesh config of ${named(problem)} keeps the proxy of ${targets(problem)} from seeing it: change it there, and restart the pods`;
}

/** What a template says, where nothing of it can simply be left out. */
function ofWorkload(problem: Problem): string {
  const { hops } = problem;
  if (hops.some(({ how }) => how?.startsWith('node/')))
    return `the pods of ${named(problem)} can take over their node: take from the template what gives them that, or run them on nodes of their own where nothing else runs`;
  const opener = targetsOf(hops).find((target) => isOf(target, problem));
  return opener
    ? `no proxy decides at ${opener.id}, and its template alone does not change that: put its namespace into the mesh, or let a NetworkPolicy admit its callers`
    : `${named(problem)} is what has to change, and nothing in its template can be left out safely: give ${starts(problem)} an account or a place of its own, away from ${targets(problem)}`;
}

const isOf = ({ resource }: Workload, { cause }: Problem): boolean =>
  resource.kind === cause.kind && resource.namespace === cause.namespace && resource.name === cause.name;

function unknownKind(problem: Problem): string {
  return `${named(problem)} is what lets ${starts(problem)} through to ${targets(problem)}: nothing is known that changes it without breaking something, so that its owner has to`;
}

/** Kinds as they are written: the two kinds of Gateway have the same name. */
const named = ({ cause }: Problem): string => `${cause.kind.replace(/^Kubernetes/, '')} ${nameOf(cause)}`;

const starts = ({ hops }: Problem): string => few(startsOf(hops), 'everybody');
const targets = ({ hops }: Problem): string => few(targetsOf(hops), 'what it leads to');

const SHOWN = 3;

function few(workloads: readonly Workload[], none: string): string {
  const names = workloads.map(({ id }) => id);
  if (names.length === 0) return none;
  return names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ');
}
