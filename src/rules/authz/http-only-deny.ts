import { strangerOf } from '../../semantics/stranger.ts';
import { ask } from '../../graph/ask.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import {
  type CauseGroup,
  type Explanation,
  type Fail,
  type Factors,
  type Outcome,
  type Rule,
  subjectOf,
} from '../rule.ts';
import { fewOf, workloadsOf } from '../workload-names.ts';
import { denyAtWaypoint } from './deny-at-waypoint.ts';
import { denyEffects } from './http-deny-effects.ts';
import type { DenyEffect } from './http-deny-probe.ts';
import { restrictToHttp, wantedCalls } from './restrict-to-http.ts';

/**
 * A DENY asks about HTTP at a port where nothing sees any. On the TCP chain of an Envoy the HTTP conditions are dropped and what is left refuses
 * more; at ztunnel an entry of nothing else refuses nothing, and of others the rest refuses more. Source: reference §2.8, §2.9, §4.4, §17.4.
 */
export const httpOnlyDeny: Rule = {
  meta: {
    id: 'authz/http-only-deny',
    title: 'a DENY asks about HTTP where HTTP cannot be seen',
    severity: 'LOW',
    catalogue: 'AZ-08',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/tasks/security/authorization/authz-tcp/',
      'https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/',
      'https://istio.io/latest/docs/ambient/usage/l4-policy/',
      'https://istio.io/latest/docs/ambient/usage/l7-features/',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield* judgePort(facts, port);
    }
  },

  explain: explainGroup,
};

function* judgePort(facts: Facts, port: PortFacts): Iterable<Outcome> {
  const { workload } = port;
  const subject = subjectOf(workload, port.port.port);
  const { effects, policies } = denyEffects(facts.enforcement, port);
  if (effects.length > 0) for (const effect of effects) yield failOf(facts, port, effect);
  else if (policies.length > 0) yield { kind: 'pass', subject };
  else yield { kind: 'not-applicable', subject, why: 'no DENY policy with HTTP fields is enforced here' };
}

const AT_ZTUNNEL = 'at ztunnel';
const ON_TCP = 'on TCP';

const keyOf = ({ point }: DenyEffect): string => (point === 'ztunnel' ? AT_ZTUNNEL : ON_TCP);

function failOf(facts: Facts, port: PortFacts, effect: DenyEffect): Fail {
  const { workload } = port;
  const { policy, rule, path } = effect;
  const passes = effect.kind === 'no-effect' && effect.answer.verdict.outcome === 'allow';
  const touched = facts.enforcement
    .patchesOf(workload)
    .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name} leaves authorization alone`);
  const cause = byOf(policy, { rule, path });
  return {
    kind: 'fail',
    subject: subjectOf(workload, port.port.port),
    cause,
    causeKey: keyOf(effect),
    factors: {
      ...(passes ? passing(facts, effect) : { entry: 'none', requires: [], defenceInDepth: true }),
      breaches: 0,
      sensitivity: facts.sensitivity(workload).level,
      compensations:
        effect.kind === 'blocks-non-http' ? ['the HTTP chain of the port, which judges requests as written,'] : [],
      stated: facts.wanted.isStated(workload),
    },
    status: workload.dataPlane.status === 'UNKNOWN' || touched.length > 0 ? 'UNKNOWN' : 'INFERRED',
    assumes: [...workload.dataPlane.assumes, ...effect.answer.verdict.assumes, ...touched],
    evidence: [
      {
        source: cause.location,
        path: path.reduce<string>(
          (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
          '',
        ),
        shows: describe(port, effect),
      },
    ],
    ...(passes ? { witness: effect.answer.request } : {}),
  };
}

/** Somebody sends what the policy was meant to refuse. */
function passing(
  { enforcement }: Facts,
  { question, answer }: DenyEffect,
): Pick<Factors, 'entry' | 'requires' | 'defenceInDepth'> {
  const { identity } = question.source;
  const stranger = identity === strangerOf(enforcement.configOf(question.workload).trustDomain.value);
  const entry = identity === null ? 'plaintext' : stranger ? 'any-identity' : 'named-identities';
  return { entry, requires: answer.verdict.requires.map(({ kind }) => kind), defenceInDepth: false };
}

/** What it does at one port, one sentence. */
function describe({ workload, port }: PortFacts, effect: DenyEffect): string {
  const { fields, kind, who, rule, point, question, answer } = effect;
  const where = question.via
    ? `port ${question.via.port.port} of Service ${question.via.service.id}`
    : `port ${port.port} (${port.protocol}) of ${workload.id}`;
  const what = `rule ${rule + 1} asks for ${fields.join(', ')}, which ${point === 'ztunnel' ? 'ztunnel does not know' : `a TCP chain does not have`}`;
  const whom = who === 'anyone' ? 'anyone' : `callers with ${who}`;
  switch (kind) {
    case 'blocks':
      return `${where}: ${what}, so that it refuses every TCP connection of ${whom}`;
    case 'blocks-non-http':
      return `${where}: ${what}; HTTP is judged as written there, and whatever is no HTTP is refused to ${whom}`;
    case 'blocks-more':
      return `${where}: ${what}, and what is left of it refuses ${requestText(effect)} of ${whom} too, which it does not name`;
    default:
      return answer.verdict.outcome === 'allow'
        ? `${where}: ${what}, and nothing is left of it: ${requestText(effect)} ${callerText(effect)} passes, which it was meant to refuse`
        : `${where}: ${what}, and nothing is left of it; what it was meant to refuse (${requestText(effect)}) is refused by something else: ${answer.verdict.reason}`;
  }
}

const callerText = ({ question: { source } }: DenyEffect): string =>
  source.identity === null ? 'without any identity' : `as ${source.identity}`;

function requestText({ question: { chain, sample } }: DenyEffect): string {
  return chain === 'tcp' ? 'any TCP connection' : `${sample.method ?? 'GET'} ${sample.path ?? '/'}`;
}

function explainGroup({ cause, causeKey, fails }: CauseGroup, facts: Facts): Explanation {
  const { effects, ports } = effectsOf(facts, fails, cause, causeKey);
  const [first] = effects;
  const name = cause ? `${cause.namespace}/${cause.name}` : 'the policy';
  if (!first) throw new RangeError(`nothing fails by ${name}`);
  const fix =
    causeKey === AT_ZTUNNEL
      ? denyAtWaypoint(facts, first.policy, effects)
      : restrictToHttp(facts, first.policy, effects);
  const broken = wantedCalls(facts, effects).filter(
    (question) => ask(facts.enforcement, question).verdict.outcome === 'deny',
  );
  const told = ports.slice(0, SHOWN).map(({ port, effect }) => describe(port, effect));
  return {
    title: titleOf(name, effects),
    scenario: `At ${told[0] ?? name}.`,
    impact: impactOf(effects, broken.length),
    remediation: {
      summary: fix.summary,
      changes: fix.changes,
      steps: [
        ...told.slice(1),
        ...(ports.length > SHOWN ? [`and ${ports.length - SHOWN} more ports like these`] : []),
        ...broken
          .slice(0, SHOWN)
          .map(
            ({ source, workload, port }) =>
              `refused today although wanted: ${source.identity} → ${workload.id}:${port.port}`,
          ),
        ...fix.steps,
      ],
    },
    validation: validationOf(first),
    rollback: `apply the earlier version of ${name} and delete what was added; connections that are open keep the old rules`,
  };
}

const SHOWN = 5;

interface Shown {
  readonly port: PortFacts;
  readonly effect: DenyEffect;
}

function effectsOf(
  facts: Facts,
  fails: readonly Fail[],
  cause: CauseGroup['cause'],
  key: string,
): { effects: readonly DenyEffect[]; ports: readonly Shown[] } {
  const wanted = new Set(
    fails.map(({ subject: { cluster, namespace, name, port } }) => `${cluster}:${namespace}/${name}:${port}`),
  );
  const ports = workloadsOf(facts, fails).flatMap((workload) =>
    facts
      .ports(workload)
      .filter(({ port }) => wanted.has(`${workload.cluster}:${workload.namespace}/${workload.name}:${port.port}`))
      .flatMap((port) =>
        denyEffects(facts.enforcement, port)
          .effects.filter(
            (effect) =>
              keyOf(effect) === key &&
              effect.policy.name === cause?.name &&
              effect.policy.namespace === cause.namespace,
          )
          .map((effect): Shown => ({ port, effect })),
      ),
  );
  const rank = ({ effect: { kind, answer } }: Shown): number =>
    kind === 'no-effect' ? (answer.verdict.outcome === 'allow' ? 0 : 3) : kind === 'blocks-non-http' ? 2 : 1;
  ports.sort((a, b) => rank(a) - rank(b));
  return { effects: ports.map(({ effect }) => effect), ports };
}

function titleOf(name: string, effects: readonly DenyEffect[]): string {
  const of = (kind: DenyEffect['kind']): number => effects.filter((each) => each.kind === kind).length;
  const ports = (count: number): string => `${count} ${count === 1 ? 'port' : 'ports'}`;
  const parts = [
    ...(of('no-effect') > 0 ? [`refuses nothing on ${ports(of('no-effect'))} in ambient`] : []),
    ...(of('blocks-more') > 0 ? [`refuses more than it says on ${ports(of('blocks-more'))} in ambient`] : []),
    ...(of('blocks') > 0 ? [`blocks all TCP on ${ports(of('blocks'))}`] : []),
    ...(of('blocks-non-http') > 0 ? [`blocks what is no HTTP on ${ports(of('blocks-non-http'))}`] : []),
  ];
  return `DENY ${name} asks about HTTP and ${fewOf(parts, 4)}`;
}

function impactOf(effects: readonly DenyEffect[], broken: number): string {
  const opens = effects.some(({ kind, answer }) => kind === 'no-effect' && answer.verdict.outcome === 'allow');
  const closes = effects.some(({ kind }) => kind === 'blocks' || kind === 'blocks-more');
  const calls = broken > 0 ? ` ${broken} wanted ${broken === 1 ? 'call is' : 'calls are'} refused today.` : '';
  if (opens)
    return `Confidentiality and integrity: requests that the policy is there to refuse pass.${closes ? ' Availability: others are refused that it does not name.' : ''}${calls}`;
  if (closes)
    return `Availability: calls are refused that nobody meant to refuse, which is how such policies come to be deleted.${calls}`;
  if (effects.some(({ kind }) => kind === 'no-effect'))
    return 'Defence in depth: the policy does nothing, and what it names is refused by other policies for as long as they stand.';
  return `Operations: what is no HTTP is refused without the policy saying so.${calls}`;
}

function validationOf({ kind, question, policy }: DenyEffect): Explanation['validation'] {
  const { workload, port, sample } = question;
  const address = `${workload.name}.${workload.namespace}:${port.services[0]?.port ?? port.port}`;
  const refused = `curl -sS -o /dev/null -w '%{http_code}\\n' -X ${sample.method ?? 'GET'} http://${address}${sample.path ?? '/'}`;
  if (kind === 'no-effect')
    return {
      positive: [`from a wanted caller's pod: calls to ${address} work as before`],
      negative: [`from a pod in the mesh, with what ${policy.namespace}/${policy.name} names: ${refused} gives 403`],
    };
  return {
    positive: [`from a wanted caller's pod: a connection to ${address} works (its client, or nc -vz)`],
    negative: [
      `an HTTP request that ${policy.namespace}/${policy.name} names, to an HTTP port that it reaches, gives 403 as before`,
    ],
  };
}
