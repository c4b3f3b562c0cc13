import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { byOf } from '../model/by.ts';
import type { By } from '../result/location.ts';
import { waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import type { ZtunnelAuthorization } from '../semantics/ambient/authorization.ts';
import type { PolicyChain } from '../semantics/authz/chain.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../semantics/authz/compile.ts';
import { isDryRun } from '../semantics/authz/dry-run.ts';
import { isCaptured } from '../semantics/capture.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement, EnvoyPolicies } from '../semantics/enforcement.ts';
import { queryOf, strangerOf } from './access.ts';
import type { AuthorizationFact } from './facts.ts';

type Posture = Pick<AuthorizationFact, 'posture' | 'why' | 'heldBy'> & { readonly openRule?: By };

/** What authorization comes to on one port: posture, the rule that opens it, and what holds such a rule back. */
export function authorizationOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort): AuthorizationFact {
  const nothing = { policies: [], dryRun: [], requestAuthentication: [], heldBy: [] };
  const captured = isCaptured(workload, port.port, port.transport);
  if (!captured.captured) {
    return { ...nothing, posture: 'none', status: workload.dataPlane.status, why: `no proxy enforces anything here: ${captured.why}` };
  }
  const attached = policiesAt(enforcement, workload);
  const lists = {
    policies: attached.authorization.filter((policy) => !isDryRun(policy)),
    dryRun: attached.authorization.filter(isDryRun),
    requestAuthentication: attached.requestAuthentication,
  };
  const posture = workload.dataPlane.kind === 'ambient' ? ambientPosture(enforcement, workload, port) : envoyPosture(enforcement, workload, port, attached);
  const touched = enforcement.patchesOf(workload);
  if (touched.length > 0) {
    const names = touched.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(', ');
    return { ...lists, ...posture, posture: 'conditional', status: 'UNKNOWN', why: `${names} may change what is enforced; without it: ${posture.why}` };
  }
  return { ...lists, ...posture, status: workload.dataPlane.status };
}

/** Everything that is attached to a workload's own proxy, dry-run policies included; at ztunnel, what selects it. */
function policiesAt(enforcement: Enforcement, workload: Workload): Pick<EnvoyPolicies, 'authorization' | 'requestAuthentication'> {
  if (workload.dataPlane.kind !== 'ambient') return enforcement.envoy(workload);
  const { considered } = enforcement.ztunnel(workload);
  return { authorization: considered, requestAuthentication: enforcement.envoy(workload).requestAuthentication };
}

function envoyPosture(enforcement: Enforcement, workload: Workload, port: WorkloadPort, envoy: Pick<EnvoyPolicies, 'authorization'>): Posture {
  const { http, tcp } = enforcement.envoy(workload);
  const chains = port.chain === 'http' ? [http] : port.chain === 'tcp' ? [tcp] : [http, tcp];
  const enforced = envoy.authorization.filter((policy) => !isDryRun(policy) && policy.spec.action !== 'AUDIT');
  if (enforced.length === 0) return { posture: 'none', heldBy: [], why: 'no AuthorizationPolicy applies' };
  for (const chain of chains) {
    const open = chain.allow.length === 0 ? undefined : findOpenRule(chain, port.port);
    if (!open) continue;
    const held = stopsOf(enforcement, workload, port, chain);
    const openRule = byOf(open.compiled.policy, { rule: open.rule.index, path: ['spec', 'rules', open.rule.index] });
    const name = `${open.compiled.policy.namespace}/${open.compiled.policy.name}`;
    if (held.length > 0) return { posture: 'restricted', heldBy: held, openRule, why: `${name} allows anyone, and ${namesOf(held)} still decides` };
    return { posture: 'allow-any', heldBy: [], openRule, why: `${name} rule ${open.rule.index + 1} allows anyone on the whole port` };
  }
  const allows = chains.map((chain) => chain.allow);
  if (allows.every((list) => list.length > 0 && list.every(({ rules }) => rules.length === 0))) {
    return { posture: 'deny-all', heldBy: [], why: 'ALLOW policies apply and no rule of them can match here' };
  }
  return { posture: 'restricted', heldBy: [], why: describe(chains) };
}

function describe(chains: readonly PolicyChain[]): string {
  const [chain] = chains;
  if (!chain) return 'policies apply';
  const parts = [
    chain.allow.length > 0 ? `ALLOW ${namesIn(chain.allow)}` : '',
    chain.deny.length > 0 ? `DENY ${namesIn(chain.deny)}` : '',
    chain.custom.length > 0 ? `CUSTOM ${namesIn(chain.custom.flatMap(({ policies }) => policies))}` : '',
  ].filter(Boolean);
  return parts.join(', ') || 'policies apply';
}

const namesIn = (policies: readonly CompiledPolicy[]): string => policies.map(({ policy }) => `${policy.namespace}/${policy.name}`).join(', ');
const namesOf = (list: readonly By[]): string => list.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(', ');

/** An ALLOW rule without any condition but the port itself. */
function findOpenRule(chain: PolicyChain, port: number): { compiled: CompiledPolicy; rule: CompiledRule } | undefined {
  for (const compiled of chain.allow) {
    const rule = compiled.rules.find((candidate) => isOpen(candidate, port));
    if (rule) return { compiled, rule };
  }
  return undefined;
}

function isOpen(rule: CompiledRule, port: number): boolean {
  if (rule.when.some((clause) => !isJustPort(clause, port))) return false;
  const anyone = rule.from === null || rule.from.some((clauses) => clauses.every(isAnyone));
  return anyone && (rule.to === null || rule.to.some((clauses) => clauses.every((clause) => isJustPort(clause, port))));
}

/** `principals: ["*"]` and its like still let everybody in who has any certificate of the mesh. */
function isAnyone({ field, values, negated }: Clause): boolean {
  const identity = ['principals', 'namespaces', 'serviceAccounts', 'trustDomains', 'source.principal', 'source.namespace'].includes(field);
  if (!negated && identity) return values.includes('*');
  return !negated && ['ipBlocks', 'remoteIpBlocks', 'source.ip', 'remote.ip'].includes(field) && values.includes('0.0.0.0/0');
}

function isJustPort({ field, values, negated }: Clause, port: number): boolean {
  if (field !== 'ports' && field !== 'notPorts' && field !== 'destination.port') return false;
  return values.includes(String(port)) !== negated;
}

/** What stops, or must approve, requests of a stranger that an open rule would let in. */
function stopsOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort, chain: PolicyChain): readonly By[] {
  const stranger = strangerOf(enforcement.mesh.config.trustDomain.value);
  const stops: By[] = [];
  for (const sample of [{ method: 'GET', path: '/' }, { method: 'POST', path: '/some/path' }, { method: 'DELETE', path: '/another' }]) {
    const source = { position: { kind: 'unstated' }, identity: stranger } as const;
    const verdict = decide(enforcement, queryOf(workload, port, source, sample, chain.type === 'http'));
    const approval = verdict.requires.find((requirement) => requirement.kind === 'ext-authz');
    if (verdict.outcome === 'allow' && !approval) return [];
    if (verdict.outcome === 'deny' && verdict.by) stops.push(verdict.by);
    else if (approval?.kind === 'ext-authz' && approval.by) stops.push(approval.by);
  }
  return stops.filter((by, i) => stops.findIndex((other) => other.namespace === by.namespace && other.name === by.name) === i);
}

function ambientPosture(enforcement: Enforcement, workload: Workload, port: WorkloadPort): Posture {
  const { allow, deny } = enforcement.ztunnel(workload);
  const waypoint = waypointOf(enforcement, workload);
  const behind = waypoint && waypointPolicies(enforcement, { destination: { workload, port: port.port } }, waypoint);
  if (behind?.authorization.length) {
    return { posture: 'restricted', heldBy: [], why: `its waypoint ${waypoint?.id} holds ${behind.authorization.length} policies` };
  }
  if (allow.length === 0 && deny.length === 0) return { posture: 'none', heldBy: [], why: 'no AuthorizationPolicy applies at ztunnel' };
  const open = allow.find((policy) => isOpenAtZtunnel(policy, port.port));
  if (open && deny.length === 0) {
    const index = open.groups.find((group) => isOpenGroup(group, port.port))?.rule ?? 0;
    const openRule = byOf(open.source, { rule: index, path: ['spec', 'rules', index] });
    return { posture: 'allow-any', heldBy: [], openRule, why: `${open.source.namespace}/${open.source.name} allows anyone on the whole port` };
  }
  if (allow.length > 0 && allow.every(({ groups }) => groups.length === 0)) {
    return { posture: 'deny-all', heldBy: [], why: 'ALLOW policies apply and no rule of them can match at ztunnel' };
  }
  return { posture: 'restricted', heldBy: [], why: 'policies restrict it at ztunnel' };
}

const isOpenAtZtunnel = (policy: ZtunnelAuthorization, port: number): boolean => policy.groups.some((group) => isOpenGroup(group, port));

function isOpenGroup(group: ZtunnelAuthorization['groups'][number], port: number): boolean {
  return group.clauses.every(({ matches }) =>
    matches.some((match) => {
      const { destinationPorts, principals, ...rest } = match;
      if (Object.keys(rest).length > 0) return false;
      const anyone = !principals || principals.some((principal) => 'presence' in principal);
      return anyone && (!destinationPorts || destinationPorts.includes(port));
    }),
  );
}
