import { withPolicies } from '../../graph/apply.ts';
import { type Answer, ask, bearerOf, type Question } from '../../graph/ask.ts';
import { waysThrough } from '../../graph/ways-through.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
} from '../../model/istio/authorization-policy.ts';
import type { Change } from '../../model/change/change.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import { compilePolicy } from '../../semantics/authz/compile.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { samplesOf } from '../../semantics/sample.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { manifestOf, proposedResource } from '../proposed.ts';
import { fewOf } from '../workload-names.ts';
import { callersLike, type DenyEffect, isRefusedBy } from './http-deny-probe.ts';
import { attachedTo, scopeOf } from '../policy-reach.ts';
import { selectorOf } from '../select-workload.ts';

export interface DenyFix {
  readonly summary: string;
  readonly changes: readonly Change[];
  readonly steps: readonly string[];
}

const MOST = 10;

/**
 * Limits the rules of a DENY that ask about HTTP to the ports that carry it, so that TCP ports are left alone. Where one number is HTTP at one
 * workload and TCP at another, workloads of the first kind get a policy of their own. Proven on the model, both ways.
 */
export function restrictToHttp(facts: Facts, policy: AuthorizationPolicy, effects: readonly DenyEffect[]): DenyFix {
  const all = attachedTo(facts, policy);
  const attached = all.filter(({ dataPlane }) => dataPlane.kind !== 'ambient');
  const name = `${policy.namespace}/${policy.name}`;
  const atWaypoint = effects.some(({ point }) => point === 'waypoint');
  if (attached.length < all.length && !atWaypoint) return byHand(name, all.length - attached.length);
  const ports = atWaypoint ? servicePorts(facts, policy) : workloadPorts(facts, attached);
  const http = httpEntries(policy);
  // Of the ports that are there, those that a rule with HTTP fields does not leave out itself.
  const limit = [...ports.http]
    .filter((port) => rulesFor(policy, http, [port]).some((rule) => isNew(policy, rule)))
    .sort((a, b) => a - b);
  const mixed = limit.filter((port) => ports.tcp.has(port));
  const clean = limit.filter((port) => !ports.tcp.has(port));
  const rules = rulesFor(policy, http, clean);
  const own = mixed.length === 0 ? [] : separate(facts, policy, attached, { http, mixed });
  if (!rules.some((rule) => isNew(policy, rule)) && own.length === 0) return withoutHttpPort(name);

  const spec = { ...policy.spec, rules };
  const stays = rules.length > 0;
  const add = [...(stays ? [manifestOf(policy, spec)] : []), ...own].map((each) =>
    proposedResource(each, policy.cluster),
  );
  const asked = [...attached, ...effects.map(({ question }) => question.workload)];
  const scope = policy.namespace === facts.enforcement.rootNamespace ? undefined : scopeOf(facts, asked);
  const after = withPolicies(facts.enforcement, { add, remove: stays ? [] : [policy] }, scope);
  return {
    summary: `limit ${name} to the HTTP ports that it reaches (${fewOf(limit.map(String), 8)})`,
    changes: [stays ? changeSpec(policy, spec) : { kind: 'remove', resource: policy }, ...addObjects(policy, own)],
    steps: [
      ...proofs(facts, { policy, effects, attached, after, rules, successors: [policy, ...add] }),
      ...wantedAgain(facts, after, effects),
      ...(mixed.length > 0 && own.length === 0 ? [describeMixed(mixed)] : []),
      'an HTTP port that is added later has to be added there too',
    ],
  };
}

const describeMixed = (ports: readonly number[]): string =>
  `port ${ports.join(', ')} is HTTP at one workload and TCP at another, and no label tells them apart: give the HTTP ones a label, and a policy of their own`;

const byHand = (name: string, ambient: number): DenyFix => ({
  summary: `split ${name}: one policy for sidecars, one for waypoints`,
  changes: [],
  steps: [
    `${name} also selects ${ambient} workloads in ambient, where naming ports makes ztunnel refuse them whole: first move those to a policy with targetRefs at their waypoint, then limit this one to the sidecars (selector) and their HTTP ports`,
  ],
});

const withoutHttpPort = (name: string): DenyFix => ({
  summary: `say which protocol the ports of ${name} speak, or take the policy out`,
  changes: [],
  steps: [
    `no port that ${name} reaches is declared HTTP: if one is, name its protocol in the Service (appProtocol: http, or a port name that starts with http), and the policy is evaluated as written; if none is, it protects nothing as written and only breaks calls`,
  ],
});

/** The entries of `to` that ask about HTTP, by rule; `all` where `from` or `when` do, so that each entry does. */
function httpEntries(policy: AuthorizationPolicy): HttpEntries {
  const http = new Map<number, ReadonlySet<number> | 'all'>();
  for (const { index, path, why } of compilePolicy(policy, 'tcp', []).widened) {
    if (why !== 'http-only') continue;
    const before = http.get(index) ?? new Set<number>();
    const [part, entry] = path;
    http.set(index, part !== 'to' || before === 'all' ? 'all' : new Set([...before, Number(entry)]));
  }
  return http;
}

interface Ports {
  readonly http: ReadonlySet<number>;
  readonly tcp: ReadonlySet<number>;
}

/** Ports whose HTTP is judged as written (detected ones are, for what is HTTP), and those that carry none. */
function workloadPorts(facts: Facts, attached: readonly Workload[]): Ports {
  const http = new Set<number>();
  const tcp = new Set<number>();
  for (const workload of attached) {
    for (const { port } of facts.ports(workload).filter(isListening))
      (port.chain === 'tcp' ? tcp : http).add(port.port);
  }
  return { http, tcp };
}

const isListening = ({ workload, port, captured }: PortFacts): boolean =>
  captured.captured && (!workload.gateway || port.declaredBy === 'gateway' || port.declaredBy === 'listener');

/** A waypoint sees ports of Services. */
function servicePorts({ mesh, enforcement }: Facts, policy: AuthorizationPolicy): Ports {
  const named = targetsOf(policy.spec).flatMap(({ kind, name }) =>
    kind === 'Service' ? [`${policy.namespace}/${name}`] : [],
  );
  const services =
    named.length > 0
      ? named.flatMap((id) => mesh.serviceById.get(id) ?? [])
      : mesh.services.filter((each) => waypointOf(enforcement, each));
  const ports = services.flatMap((service) => service.ports);
  const numbers = (wanted: boolean) =>
    new Set(ports.filter(({ chain }) => (chain === 'tcp') !== wanted).map(({ port }) => port));
  return { http: numbers(true), tcp: numbers(false) };
}

/** Changed against the policy: `rulesFor` hands on what it leaves alone. */
const isNew = ({ spec }: AuthorizationPolicy, rule: AuthorizationRule): boolean => !spec.rules?.includes(rule);

type HttpEntries = ReadonlyMap<number, ReadonlySet<number> | 'all'>;

/** The rules with their HTTP entries limited to some ports; entries that are about none of these are gone. */
function rulesFor(
  { spec: { rules = [] } }: AuthorizationPolicy,
  http: HttpEntries,
  ports: readonly number[],
): readonly AuthorizationRule[] {
  return rules.flatMap((rule, index): readonly AuthorizationRule[] => {
    const entries = http.get(index);
    if (!entries) return [rule];
    const listed = [...ports].sort((a, b) => a - b).map(String);
    if (!rule.to?.length) return listed.length > 0 ? [{ ...rule, to: [{ operation: { ports: listed } }] }] : [];
    const to = rule.to.flatMap((each, entry) => {
      if (entries !== 'all' && !entries.has(entry)) return [each];
      const operation = limited(each.operation ?? {}, listed);
      return operation ? [{ operation }] : [];
    });
    return to.length > 0 ? [{ ...rule, to }] : [];
  });
}

function limited(
  { ports, notPorts, ...rest }: AuthorizationOperation,
  listed: readonly string[],
): AuthorizationOperation | undefined {
  const left = listed.filter((port) => (ports?.length ? ports.includes(port) : true) && !notPorts?.includes(port));
  return left.length > 0 ? { ...rest, ports: left } : undefined;
}

/** The same rules for the HTTP ports whose numbers are TCP elsewhere, one policy for each workload that has one. */
function separate(
  facts: Facts,
  policy: AuthorizationPolicy,
  attached: readonly Workload[],
  { http, mixed }: { readonly http: HttpEntries; readonly mixed: readonly number[] },
): readonly Manifest[] {
  return attached
    .flatMap((workload): readonly Manifest[] => {
      const ports = facts.ports(workload).filter((each) => isListening(each) && each.port.chain !== 'tcp');
      const numbers = ports.map(({ port }) => port.port).filter((port) => mixed.includes(port));
      const matchLabels = numbers.length > 0 ? selectorOf(facts.mesh, workload) : undefined;
      const rules = rulesFor(policy, http, numbers).filter((rule) => isNew(policy, rule));
      if (!matchLabels || rules.length === 0) return [];
      const metadata = { name: `${policy.name}-${workload.name}`, namespace: workload.namespace };
      const spec = { selector: { matchLabels }, action: 'DENY', rules };
      return [{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec }];
    })
    .slice(0, MOST);
}

interface Proving {
  readonly policy: AuthorizationPolicy;
  readonly effects: readonly DenyEffect[];
  readonly attached: readonly Workload[];
  readonly after: Enforcement;
  readonly rules: readonly AuthorizationRule[];
  /** The policies that deny instead of it. */
  readonly successors: readonly { readonly namespace: string; readonly name: string }[];
}

const QUESTIONS = 300;

/** What the change does, decided: the ports that were closed by mistake are not any more, HTTP requests are refused as before. */
function proofs(facts: Facts, { policy, effects, attached, after, rules, successors }: Proving): readonly string[] {
  const refuses = (answer: Answer): boolean => successors.some((each) => isRefusedBy(answer, each));
  // A rule that asks for nothing of HTTP means what it says on TCP too.
  const byMeaning = ({ verdict: { by } }: Answer): boolean => {
    const rule = by?.name === policy.name && by.rule !== undefined ? rules[by.rule] : undefined;
    return rule !== undefined && !isNew(policy, rule);
  };
  const blocked = effects.filter(({ kind }) => kind === 'blocks').map(({ question }) => ask(after, question));
  const free = blocked.filter((answer) => !refuses(answer) || byMeaning(answer));
  const asked = [
    ...attached,
    ...effects.filter(({ point }) => point === 'waypoint').map(({ question }) => question.workload),
  ];
  const requests = [...new Set(asked)]
    .flatMap((workload) => facts.ports(workload).filter(isListening))
    .flatMap((port) => httpQuestions(facts, policy, port))
    .slice(0, QUESTIONS)
    .filter((question) => isRefusedBy(ask(facts.enforcement, question), policy));
  const kept = requests.filter((question) => refuses(ask(after, question)));
  return [
    ...(blocked.length > 0
      ? [`decided again on the model: ${free.length} of ${blocked.length} TCP ports are no longer refused by it`]
      : []),
    ...(requests.length > 0
      ? [
          `decided again on the model: ${kept.length} of ${requests.length} HTTP requests that it refuses are refused as before`,
        ]
      : []),
  ];
}

/** Requests that the policy names, to the pod or through the waypoint of its Services. */
function httpQuestions(
  { enforcement }: Facts,
  policy: AuthorizationPolicy,
  { workload, port }: PortFacts,
): readonly Question[] {
  const vias = workload.dataPlane.kind === 'ambient' ? waysThrough(enforcement, port) : [undefined];
  return vias.flatMap((via): readonly Question[] => {
    if ((via?.port.chain ?? port.chain) === 'tcp') return [];
    const waypoint = via && waypointOf(enforcement, via.service);
    if (via && !waypoint) return [];
    const { http } = waypoint
      ? waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint)
      : enforcement.envoy(workload);
    const samples = http.deny.filter((each) => each.policy === policy).flatMap(({ rules }) => rules.flatMap(samplesOf));
    return samples.flatMap((sample) =>
      callersLike(enforcement, workload, sample).map(
        (source): Question => ({ workload, port, source, sample, chain: 'http', ...(via ? { via } : {}) }),
      ),
    );
  });
}

/** Wanted calls to the closed ports: how many pass then. */
function wantedAgain(facts: Facts, after: Enforcement, effects: readonly DenyEffect[]): readonly string[] {
  const calls = wantedCalls(facts, effects).filter(
    (question) => ask(facts.enforcement, question).verdict.outcome === 'deny',
  );
  if (calls.length === 0) return [];
  const again = calls.filter((question) => ask(after, question).verdict.outcome === 'allow');
  return [`${again.length} of ${calls.length} wanted calls that it refuses today pass then`];
}

/** Wanted calls to the ports that a policy closes, as plain TCP. */
export function wantedCalls(facts: Facts, effects: readonly DenyEffect[]): readonly Question[] {
  const closed = effects.filter(({ kind }) => kind === 'blocks' || kind === 'blocks-more');
  return closed
    .flatMap(({ question: { workload, port, via, chain } }) =>
      facts.wanted.to(workload).flatMap((flow): readonly Question[] => {
        if (flow.from === 'internet' || (flow.port !== undefined && flow.port !== port.port)) return [];
        const identity = facts.mesh.workloadById.get(flow.from)?.identity;
        const [method = 'GET', path = '/'] = [flow.methods?.[0], flow.paths?.[0]?.replace(/\*$/, '')];
        return identity
          ? [{ workload, port, source: bearerOf(identity), sample: { method, path }, chain, ...(via ? { via } : {}) }]
          : [];
      }),
    )
    .slice(0, QUESTIONS);
}
