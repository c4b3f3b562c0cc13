import { daysCovered } from '../../evidence/traffic/days-covered.ts';
import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Learnt } from '../../result/learnt.ts';
import { SENSITIVITIES } from '../../result/status.ts';

type Proposed = Learnt['flows'][number];

/** `several days` of method.md, rule 8. */
const SEVERAL = 2;
const MOST_PATHS = 10;

/**
 * Seen is not wanted (method.md, rule 8): proposed is what succeeded, by a proven identity of one workload, on several days, and does not cross
 * upward into a more sensitive asset. All else is listed with the reason.
 */
export function learn(facts: Facts): Learnt {
  const { traffic, wanted } = facts;
  const flows: Proposed[] = [];
  const left: Learnt['left'][number][] = [];
  let known = 0;
  for (const flow of traffic.flows) {
    // What a waypoint sends on is seen as its client's too.
    if (flow.from.workload?.gateway?.kind === 'waypoint') continue;
    const isKnown = wanted
      .to(flow.to)
      .some(
        ({ from, port, basis }) =>
          basis !== 'implied' && from === flow.from.workload?.id && (port === undefined || flow.ports.includes(port)),
      );
    if (isKnown) {
      known++;
      continue;
    }
    const proposed = proposalOf(flow);
    const why = whyNot(facts, flow);
    if (why.length === 0) flows.push(proposed);
    else left.push({ ...proposed, why });
  }
  const times = traffic.windows
    .flatMap(({ from, to }) => [from ?? '', to ?? ''])
    .filter((time) => time !== '')
    .sort();
  const [from] = times;
  const to = times.at(-1);
  return {
    window: {
      days: daysCovered(traffic.windows),
      ...(from === undefined ? {} : { from: from.slice(0, 10) }),
      ...(to === undefined ? {} : { to: to.slice(0, 10) }),
    },
    flows,
    left,
    known,
  };
}

function whyNot(facts: Facts, { from, to, passed, refused, days, security, ports }: SeenFlow): readonly string[] {
  const why: string[] = [];
  if (!from.workload)
    why.push(from.principal ? 'no workload of the input has that identity alone' : 'it is not shown who called');
  else if (from.workload === to) why.push('it calls itself');
  if (security === 'none') why.push('plaintext: anybody could have sent it');
  if (security === 'unknown') why.push("only the caller's own proxy, or a log without a server name, tells of it");
  if (passed === 0) why.push(refused > 0 ? 'it was refused' : 'it never succeeded');
  else if (days.length < SEVERAL)
    why.push(days.length === 0 ? 'the telemetry does not tell on which days' : `seen on ${days.length} day only`);
  if (ports.length > 1) why.push(`one of the ports ${ports.join(', ')}: metrics do not say which`);
  const upward = from.workload && crossesUpward(facts, from.workload, to);
  if (upward) why.push(upward);
  return why;
}

function crossesUpward(facts: Facts, from: SeenFlow['to'], to: SeenFlow['to']): string | undefined {
  const [low, high] = [from, to].map((workload) => facts.sensitivity(workload));
  if (!low || !high || SENSITIVITIES.indexOf(high.level) >= SENSITIVITIES.indexOf(low.level)) return undefined;
  return `it crosses upward, from ${low.level} to ${high.level} (${high.basis}: ${high.why})`;
}

function proposalOf({ from, to, ports, passed, counted, days, operations }: SeenFlow): Proposed {
  const last = days.at(-1);
  const shown = operations.filter((each) => each.passed > 0 && each.method !== undefined);
  const logged = shown.reduce((sum, each) => sum + each.passed, 0);
  const isAll = shown.length > 0 && (!counted || logged >= passed * 0.95);
  const methods = [...new Set(shown.flatMap(({ method }) => method ?? []))].sort();
  const paths = [...new Set(shown.flatMap(({ path }) => path ?? []))].sort();
  return {
    from: from.name,
    to: ports.length === 1 ? `${to.id}:${ports[0]}` : to.id,
    ...(isAll ? { methods } : {}),
    ...(isAll && paths.length > 0 && paths.length <= MOST_PATHS ? { paths } : {}),
    seen: passed,
    days: days.length,
    ...(last === undefined ? {} : { last }),
  };
}
