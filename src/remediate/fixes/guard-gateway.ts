import type { Facts } from '../../graph/facts.ts';
import { objectOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import { freeName } from '../../rules/free-name.ts';
import { attachedTo } from '../../rules/policy-reach.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import { type Candidate, type Fix, nameOf, type Problem } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { isWorthGuessing } from './admit.ts';
import {
  asksForIdentity,
  callersOf,
  callersUnknown,
  type Deputy,
  deputiesOf,
  isKnown,
  meantForOutside,
} from './deputies.ts';
import { replaceRules } from './narrow-rule.ts';

/**
 * A gateway that only the cluster reaches, and that asks for anybody what the workloads behind it refuse to callers themselves: an ALLOW at the
 * gateway for those who are known to call it, or to call what its routes lead to, by principal: where the gateway asks for no certificate of the
 * mesh no policy tells them apart. Ports that lead nowhere near stay open. Where an ALLOW lets everybody in, its rule is narrowed: another one
 * would add to it.
 */
export const guardGateway: Fix = {
  id: 'guard-gateway',
  propose(facts, problem) {
    const ready = authenticating(facts, problem).filter((deputy) => obstacleOf(facts, problem, deputy) === undefined);
    if (ready.length === 0 || ready.length > MOST) return [];
    const whole = candidateFor(facts, problem, ready);
    return ready.length === 1 ? [whole] : [whole, ...ready.map((each) => candidateFor(facts, problem, [each]))];
  },

  whyNot: (facts, problem) =>
    authenticating(facts, problem)
      .map((deputy) => obstacleOf(facts, problem, deputy))
      .find((why) => why !== undefined),
};

const MOST = 20;

/** Others are for the network to guard: see `limit-gateway`. */
const authenticating = (facts: Facts, problem: Problem): readonly Deputy[] =>
  deputiesOf(facts, problem).filter(asksForIdentity);

/** Why no ALLOW can be written for a gateway. */
function obstacleOf(facts: Facts, problem: Problem, deputy: Deputy): string | undefined {
  const { gateway, targets } = deputy;
  const { id } = gateway;
  const { enforcement } = facts;
  const outside = meantForOutside(facts, deputy);
  if (outside !== undefined) return outside;
  const allow = enforcement
    .envoy(gateway)
    .authorization.find((policy) => actionOf(policy) === 'ALLOW' && !isDryRun(policy));
  const opened = openedBy(problem);
  if (!opened && allow) return `AuthorizationPolicy ${nameOf(allow)} admits it at ${id}: narrow its rules`;
  if (opened && attachedTo(facts, opened.policy).some((other) => other !== gateway))
    return `AuthorizationPolicy ${nameOf(opened.policy)} opens other workloads as well as ${id}: give ${id} one of its own`;
  if (opened?.rules.some((index) => opened.policy.spec.rules?.[index]?.to) && deputy.others.length > 0)
    return `AuthorizationPolicy ${nameOf(opened.policy)} opens operations on several ports of ${id} to everybody: say in it who may call which`;
  const unknown = callersUnknown(facts, deputy);
  if (unknown !== undefined && !targets.some((each) => isWorthGuessing(facts, each))) return unknown;
  const callers = callersOf(facts, deputy);
  const nameless = callers.find(({ identity }) => identity === null);
  if (nameless)
    return `${nameless.id} is to call ${id} and has no identity of the mesh: enrol it, or serve it on a port of its own`;
  return attachmentOf(facts, gateway)
    ? undefined
    : `no label tells the pods of ${id} from others of its namespace, so that no policy can be for them alone`;
}

function candidateFor(facts: Facts, problem: Problem, deputies: readonly Deputy[]): Candidate {
  const [first] = deputies;
  const { cause } = problem;
  const which = `${cause.kind} ${nameOf(cause)}`;
  const callers = new Set(deputies.flatMap((deputy) => callersOf(facts, deputy)));
  const unknown = deputies.filter((deputy) => !isKnown(facts, deputy)).map(({ gateway }) => gateway);
  const gateways = deputies.map(({ gateway }) => gateway);
  const own = unknown.length > 0 ? ', and its own namespace' : '';
  return {
    id: deputies.length === 1 ? `guard-gateway ${which} ${first?.gateway.id}` : `guard-gateway ${which}`,
    summary: `${names(gateways)}: admit the ${callers.size} known caller${callers.size === 1 ? '' : 's'} of what ${gateways.length === 1 ? 'its' : 'their'} routes lead to${own}`,
    changes: deputies.map(
      (deputy): Change =>
        narrowing(facts, problem, deputy) ?? {
          kind: 'add',
          manifest: allowAt(facts, deputy),
          beside: deputy.gateway.resource,
        },
    ),
    destinations: gateways,
    senders: [],
    effort: deputies.length === 1 ? 1 : 2,
    unknownCallers: unknown,
    unproven: [],
    preconditions: [
      `for a week nobody else has called ${deputies.map(({ gateway, ports }) => `${gateway.id} on port ${ports.join(', ')}`).join(', ')}: its access log tells`,
    ],
    sideEffects: ['callers that are not named get 403 (HTTP) or a reset connection (TCP) from the gateway'],
  };
}

/** The rules of an AuthorizationPolicy at gateways that hops get in by. */
function openedBy({ cause, hops }: Problem) {
  const object = cause.kind === 'AuthorizationPolicy' ? objectOf(cause) : undefined;
  if (!object) return undefined;
  const policy = object.resource as AuthorizationPolicy;
  const rules = [...new Set(hops.flatMap((hop) => hop.cause?.rule ?? []))].filter(
    (index) => policy.spec.rules?.[index],
  );
  return { policy, rules: rules.sort((a, b) => a - b) };
}

/** An ALLOW that lets everybody in: what it says of operations and conditions still holds. */
function narrowing(facts: Facts, problem: Problem, deputy: Deputy): Change | undefined {
  const opened = openedBy(problem);
  if (!opened) return undefined;
  const { policy, rules: open } = opened;
  const others = operationAt(deputy.others);
  const rules = open.flatMap((index): readonly AuthorizationRule[] => {
    const { to, when, ...from } = policy.spec.rules?.[index] ?? {};
    const conditions = when ? { when } : {};
    return [
      ...namedAt(facts, deputy).map((source) => ({
        from: [{ source }],
        to: to ?? operationAt(deputy.ports),
        ...conditions,
      })),
      ...(to || deputy.others.length === 0 ? [] : [{ ...from, to: others, ...conditions }]),
    ];
  });
  return { kind: 'edit', resource: policy, edits: replaceRules(policy, open, rules) };
}

const operationAt = (ports: readonly number[]) => [{ operation: { ports: ports.map(String) } }];

/** Those who may call it, as sources of a rule. */
function namedAt(facts: Facts, deputy: Deputy) {
  const principals = [...new Set(callersOf(facts, deputy).flatMap(({ identity }) => identity ?? []))].sort();
  return [
    ...(principals.length > 0 ? [{ principals }] : []),
    ...(isKnown(facts, deputy) ? [] : [{ namespaces: [deputy.gateway.namespace] }]),
  ];
}

function allowAt(facts: Facts, deputy: Deputy) {
  const { gateway, ports, others } = deputy;
  const rules: readonly AuthorizationRule[] = [
    ...namedAt(facts, deputy).map((source) => ({ from: [{ source }], to: operationAt(ports) })),
    ...(others.length > 0 ? [{ to: operationAt(others) }] : []),
  ];
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: {
      name: freeName(
        facts.mesh.resources,
        'AuthorizationPolicy',
        gateway,
        `allow-${gateway.name}-callers`.slice(0, 250),
      ),
      namespace: gateway.namespace,
    },
    spec: { ...attachmentOf(facts, gateway), action: 'ALLOW', rules },
  };
}

/** Gateways that istiod deploys are named by `targetRefs`; others by the labels of their pods. */
function attachmentOf({ mesh }: Facts, workload: Workload): Readonly<Record<string, unknown>> | undefined {
  const { gateway } = workload;
  if (gateway?.kind === 'kubernetes' && gateway.gatewayName !== undefined)
    return { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway.gatewayName }] };
  const matchLabels = selectorOf(mesh, workload);
  return matchLabels && { selector: { matchLabels } };
}

const names = (workloads: readonly Workload[]): string => workloads.map(({ id }) => id).join(', ');
