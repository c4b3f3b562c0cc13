import type { Facts, PortFacts } from '../../graph/facts.ts';
import { findOpening, type OpenPort } from '../../graph/opening.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { formatLocation } from '../../result/location.ts';
import type { CauseGroup, Explanation, Fail } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { checkFlows, describeCheck, type FlowCheck } from './check-flows.ts';
import { closedByDefault } from './default-deny.ts';
import { narrowPolicy, type Proposal } from './narrow-policy.ts';

/** The words and the change for one ALLOW policy that lets anyone in. */
export function explainOpenPolicy({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const ports = openPortsOf(facts, fails);
  const [first] = ports;
  const policy = cause && facts.mesh.resources.find('AuthorizationPolicy', cause.namespace, cause.name, fails[0]?.subject.cluster);
  const name = cause ? `${cause.kind} ${cause.namespace}/${cause.name}` : 'an ALLOW policy';
  const count = `${fails.length} ${fails.length === 1 ? 'port' : 'ports'} of ${extentOf(workloads)}`;
  const base = {
    title: `${name} lets ${whoOf(ports)} use ${count}${limitsOf(ports)}`,
    scenario: scenarioOf(first, name),
    impact:
      'Confidentiality, integrity, availability: whoever gets to the port may use all of it, so that one pod that is taken over reaches it and identities tell nobody apart.',
    rollback: cause ? `apply ${name} again as it stands at ${formatLocation(cause.location)}, and delete the new objects` : 'delete the new objects',
    validation: validationOf(first),
  };
  if (workloads.every(({ dataPlane }) => dataPlane.kind === 'gateway') || !policy) return { ...base, remediation: gatewayRemediation(name) };
  const proposal = narrowPolicy(facts, policy, ports.map(({ port }) => port));
  const closing = proposal.denied.flatMap(({ cluster, namespace }) => closedByDefault(facts, namespace, cluster));
  const check = checkFlows(facts, proposal.after, [...new Set([...proposal.callers.keys(), ...closing])]);
  return { ...base, remediation: { summary: summaryOf(proposal, check, name), patches: proposal.patches, steps: stepsOf(proposal, check, ports, closing) } };
}

interface Opened {
  readonly port: PortFacts;
  readonly opening: OpenPort;
}

export function openPortsOf(facts: Facts, fails: readonly Fail[]): readonly Opened[] {
  const workloads = workloadsOf(facts, fails);
  return fails.flatMap(({ subject }) => {
    const workload = workloads.find((each) => each.cluster === subject.cluster && each.namespace === subject.namespace && each.name === subject.name);
    const port = workload && facts.ports(workload).find((each) => each.port.port === subject.port);
    const opening = port?.authorization.opening;
    return port && opening?.kind === 'open' ? [{ port, opening }] : [];
  });
}

export const whoOf = (ports: readonly Opened[]): string =>
  ports.some(({ opening }) => opening.callers === 'anyone') ? 'anyone' : 'any identity of the mesh';

/** What narrows it: a header that costs nothing, one gRPC service. */
function limitsOf(ports: readonly Opened[]): string {
  const [first] = ports;
  if (!first) return '';
  const parts = new Set(ports.map(({ opening }) => opening.part));
  const part = first.opening.part !== undefined && parts.size === 1 ? `: all of ${first.opening.part}` : '';
  const conditions = first.opening.conditions.length > 0 ? ` with ${first.opening.conditions.join(' and ')}` : '';
  return `${part}${conditions}`;
}

function scenarioOf(opened: Opened | undefined, name: string): string {
  if (!opened) return `${name} matches every caller.`;
  const { port, opening } = opened;
  const target = `${port.workload.id}:${port.port.port}`;
  const who = opening.callers === 'anyone' ? 'Any pod in the cluster, without a certificate,' : 'Any workload of the mesh, whatever its identity,';
  const what = opening.chain === 'tcp' ? 'opens a TCP connection' : 'sends a request';
  const with_ = opening.conditions.length > 0 ? ` with ${opening.conditions.join(' and ')}` : '';
  const way = opening.through ? ` through waypoint ${opening.through.id}` : '';
  return `${who} ${what}${with_} to ${target}${way}; rule ${(opening.by?.rule ?? 0) + 1} of ${name} matches it.`;
}

/** Commands that show that wanted callers go on and others are refused. */
export function validationOf(opened: Opened | undefined): Explanation['validation'] {
  if (!opened) return { positive: [], negative: [] };
  const { workload, port } = opened.port;
  const address = `${workload.name}.${workload.namespace}:${port.services[0]?.port ?? port.port}`;
  const http = opened.opening.chain === 'http';
  return {
    positive: [http ? `from a named caller's pod: curl -sS -o /dev/null -w '%{http_code}\\n' http://${address}/ answers as before` : `from a named caller's pod: its client connects to ${address} as before`],
    negative: [
      http
        ? `from any other pod: curl -sS -o /dev/null -w '%{http_code}\\n' http://${address}/ gives 403, or a connection reset at a ztunnel`
        : `from any other pod: a new connection to ${address} is reset`,
    ],
  };
}

function gatewayRemediation(name: string): Explanation['remediation'] {
  return {
    summary: 'an ingress gateway is meant to admit clients from outside; say to which hosts and paths, and ask for a token where users are known',
    patches: [],
    steps: [
      `in ${name}, give the rule \`to.operation.hosts\` (with and without port) and \`paths\` of what the routes of the gateway serve`,
      'require a token on them (RequestAuthentication and requestPrincipals), or an external authorizer (CUSTOM), with a rule of its own for what is public',
      'give every workload behind the gateway an ALLOW of its own that names the gateway, so that nothing rests on the gateway alone',
    ],
  };
}

function summaryOf({ denied, callers }: Proposal, check: FlowCheck, name: string): string {
  const named = new Set([...callers.values()].flatMap((each) => each.named.map(({ identity }) => identity)));
  const deny = denied.length > 0 ? `default deny in ${denied.map(({ namespace }) => namespace).join(', ')}, and ` : '';
  const allow = named.size > 0 ? `in ${name} only the ${named.size} ${named.size === 1 ? 'caller' : 'callers'} that the input names` : `nobody in ${name} until its callers are known`;
  return `${deny}${allow} (${describeCheck(check)})`;
}

function stepsOf(proposal: Proposal, check: FlowCheck, ports: readonly Opened[], closing: readonly Workload[]): readonly string[] {
  const { callers, kept, after, denied, omitted } = proposal;
  const unknown = [...callers].filter(([{ gateway }, { named }]) => !gateway && named.length === 0).map(([{ id }]) => id);
  const reasons = [...callers].flatMap(([{ id }, { named }]) => named.map(({ from, why }) => `${from.id} → ${id}: ${why}`));
  const stillOpen = ports.filter(({ port }) => callers.has(port.workload) && findOpening(after, port.workload, port.port).kind === 'open');
  const expected = new Set(kept.map(({ workload, port }) => `${workload.id}:${port}`));
  const nameless = [...callers].flatMap(([{ id }, each]) => each.nameless.filter(({ port }) => !expected.has(`${id}:${port}`)).map(({ caller, why }) => `${caller} → ${id} (${why})`));
  return [
    ...(reasons.length > 0 ? [`callers that are named: ${fewOf(reasons, 8)}`] : []),
    ...(unknown.length > 0
      ? [`the input names no caller of ${fewOf(unknown, 5)}: as it is, the change refuses everybody there; first take callers from telemetry (istio_requests_total or istio_tcp_connections_opened_total by source_principal) and add their principals`]
      : []),
    ...check.broken.slice(0, 10).map((flow) => `would break: ${flow}`),
    ...nameless.slice(0, 10).map((flow) => `has no identity that a policy could name, would break: ${flow}`),
    ...kept.map(({ workload, port, caller }) => `${workload.id}:${port} stays open: ${caller.caller} has no identity of the mesh (${caller.why}); limit it to the API server's addresses by NetworkPolicy`),
    ...stillOpen
      .filter(({ port }) => !expected.has(`${port.workload.id}:${port.port.port}`) && !port.workload.gateway)
      .map(({ port }) => `${port.workload.id}:${port.port.port} stays open: another policy lets anyone in there too`),
    ...(denied.length > 0 && closing.length > 0
      ? [`the default deny also closes ${fewOf(closing.map(({ id }) => id), 5)}, which no ALLOW applies to today: give them one first`]
      : []),
    ...(omitted > 0 ? [`${omitted} more workloads are affected; write the same policy for each`] : []),
    'apply the new ALLOW policies first, then the narrowed one and the default deny; watch for 403 with response flag or RBAC denied in the logs of new connections, since open ones keep the old rules',
  ];
}
