import type { Facts } from '../../graph/facts.ts';
import { formatLocation } from '../../result/location.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { checkFlows, describeCheck, type FlowCheck } from '../check-flows.ts';
import { closedByDefault } from './default-deny.ts';
import { narrowPolicy } from './narrow-policy.ts';
import { attackerOf, type Opened, openPortsOf, validationOf, whoOf } from './open-ports.ts';
import type { Proposal } from './proposal.ts';
import { proposalSteps } from './proposal-steps.ts';

/** The words and the change for one ALLOW policy that lets anyone in. */
export function explainOpenPolicy({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const ports = openPortsOf(facts, fails);
  const [first] = ports;
  const policy =
    cause && facts.mesh.resources.find('AuthorizationPolicy', cause.namespace, cause.name, fails[0]?.subject.cluster);
  const name = cause ? `${cause.kind} ${cause.namespace}/${cause.name}` : 'an ALLOW policy';
  const count = `${fails.length} ${fails.length === 1 ? 'port' : 'ports'} of ${extentOf(workloads)}`;
  const base = {
    title: `${name} lets ${whoOf(ports)} use ${count}${limitsOf(ports)}`,
    scenario: scenarioOf(first, name),
    impact:
      'Confidentiality, integrity, availability: whoever gets to the port may use all of it, so that one pod that is taken over reaches it and identities tell nobody apart.',
    rollback: cause
      ? `apply ${name} again as it stands now (its rule is at ${formatLocation(cause.location)}), and delete the new objects`
      : 'delete the new objects',
    validation: validationOf(first),
  };
  if (workloads.every(({ dataPlane }) => dataPlane.kind === 'gateway') || !policy) {
    const impact =
      'Defence in depth: the gateway itself refuses nobody, so that a route that is bound by mistake, or by another team, is open at once.';
    return { ...base, impact, remediation: gatewayRemediation(name) };
  }
  const proposal = narrowPolicy(
    facts,
    policy,
    ports.map(({ port }) => port),
  );
  const closing = proposal.denied.flatMap(({ cluster, namespace }) => closedByDefault(facts, namespace, cluster));
  const check = checkFlows(facts, proposal.after, [...new Set([...proposal.callers.keys(), ...closing])]);
  return {
    ...base,
    remediation: {
      summary: summaryOf(proposal, check, name),
      changes: proposal.changes,
      steps: proposalSteps(proposal, check, { ports, closing }),
    },
  };
}

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
  const who = attackerOf(opened);
  const target = `${port.workload.id}:${port.port.port}`;
  const what = opening.chain === 'tcp' ? 'opens a TCP connection' : 'sends a request';
  const with_ = opening.conditions.length > 0 ? ` with ${opening.conditions.join(' and ')}` : '';
  const way = opening.through ? ` through waypoint ${opening.through.id}` : '';
  return `${who} ${what}${with_} to ${target}${way}; rule ${(opening.by?.rule ?? 0) + 1} of ${name} matches it${port.workload.dataPlane.kind === 'gateway' ? ', and the routes of the gateway decide what it gets' : ''}.`;
}

function gatewayRemediation(name: string): Explanation['remediation'] {
  return {
    summary:
      'an ingress gateway is meant to admit clients from outside (one that only the cluster uses: name its callers instead); say to which hosts and paths, and ask for a token where users are known',
    changes: [],
    steps: [
      `in ${name}, give the rule \`to.operation.hosts\` (with and without port) and \`paths\` of what the routes of the gateway serve`,
      'require a token on them (RequestAuthentication and requestPrincipals), or an external authorizer (CUSTOM), with a rule of its own for what is public',
      'give every workload behind the gateway an ALLOW of its own that names the gateway, so that nothing rests on the gateway alone',
    ],
  };
}

function summaryOf({ denied, callers, kept }: Proposal, check: FlowCheck, name: string): string {
  const named = new Set([...callers.values()].flatMap((each) => each.named.map(({ identity }) => identity)));
  const deny = denied.length > 0 ? `default deny in ${denied.map(({ namespace }) => namespace).join(', ')}, and ` : '';
  const allow =
    named.size > 0
      ? `let only the ${named.size} ${named.size === 1 ? 'caller' : 'callers'} that the input names past ${name}`
      : kept.length > 0
        ? `let ${name} open nothing but the ${kept.length === 1 ? 'port' : 'ports'} that a webhook needs, until its callers are known`
        : `let nobody past ${name} until its callers are known`;
  return `${deny}${allow} (${describeCheck(check)})`;
}
