import { type GatewayKnowledge, unmodelledWays, waysUnsettled } from './gateways.ts';
import { type Listener, listenersOf } from './listeners.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Member, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Ingress: listeners that encrypt and name their hosts, and nothing that is exposed beside the gateways. */
export function ingressMeasures(population: Population, { whenEmpty, absent }: GatewayKnowledge): readonly Measure[] {
  const { facts, services } = population;
  const listeners = listenersOf(population);
  const exposures = tally([...services.map((member) => judgeExposure(population, member)), ...unmodelledWays(facts)]);
  return [
    {
      subjects: 'gateway listeners',
      covered: 'with TLS or a redirect to it',
      tally: tally(listeners.map((listener) => judged(listener, listener.encrypted || listener.redirects))),
      // Listeners may be absent because every way in is beside the gateways.
      ...(whenEmpty && exposures.counts.all.of === 0 ? { whenEmpty } : {}),
      absent,
      unsettled: waysUnsettled,
    },
    {
      subjects: 'gateway listeners',
      covered: 'that name their hosts',
      tally: tally(listeners.map((listener) => judged(listener, listener.namesHosts || listener.redirects))),
      absent,
      unsettled: waysUnsettled,
    },
    {
      subjects: 'workloads reachable from outside the cluster',
      covered: 'through a gateway only',
      tally: exposures,
      absent,
      unsettled: waysUnsettled,
    },
  ];
}

function judged({ exposed }: Listener, covered: boolean): Judged {
  return { covered, status: 'INFERRED', assumed: false, sensitive: false, exposed };
}

/** A workload that nothing leads to from outside is not counted. */
function judgeExposure(population: Population, member: Member): Judged | undefined {
  const entrances = member.ports.flatMap(({ internet, facts }) => [...internet, ...facts.nodeNetwork]);
  const open = entrances.filter(({ verdict }) => verdict.outcome !== 'deny');
  if (open.length === 0) return undefined;
  const past = open.filter(({ gateway }) => gateway === undefined);
  const unclear = past.length > 0 && past.every(({ verdict }) => verdict.outcome === 'unknown');
  return judgedWorkload(population, member, { covered: past.length === 0, status: unclear ? 'UNKNOWN' : 'INFERRED' });
}
