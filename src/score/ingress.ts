import type { Workload } from '../model/inventory/types.ts';
import { type GatewayKnowledge, unmodelledWays } from './gateways.ts';
import { type Listener, listenersOf } from './listeners.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Ingress: listeners that encrypt and name their hosts, and nothing that is exposed beside the gateways. */
export function ingressMeasures(population: Population, { known, missing }: GatewayKnowledge): readonly Measure[] {
  const { facts, services } = population;
  const listeners = listenersOf(population);
  const exposures = tally([...services.map((workload) => judgeExposure(population, workload)), ...unmodelledWays(facts)]);
  const nothingLeadsIn = known && exposures.counts.all.of === 0;
  return [
    {
      subjects: 'gateway listeners',
      covered: 'with TLS or nothing but a redirect to it',
      tally: tally(listeners.map((listener) => judged(listener, listener.encrypted || listener.redirects))),
      satisfiedWhenEmpty: nothingLeadsIn,
      missing,
    },
    {
      subjects: 'gateway listeners',
      covered: 'that name their hosts',
      tally: tally(listeners.map((listener) => judged(listener, listener.namesHosts || listener.redirects))),
      missing,
    },
    {
      subjects: 'workloads that are reachable from outside the cluster',
      covered: 'through a gateway only',
      tally: exposures,
      missing,
    },
  ];
}

function judged({ exposed }: Listener, covered: boolean): Judged {
  return { covered, status: 'INFERRED', assumed: false, sensitive: false, exposed };
}

/** A workload that nothing leads to from outside is not counted. */
function judgeExposure(population: Population, workload: Workload): Judged | undefined {
  const entrances = population.facts.ports(workload).flatMap(({ internet, nodeNetwork }) => [...internet, ...nodeNetwork]);
  const open = entrances.filter(({ verdict }) => verdict.outcome !== 'deny');
  if (open.length === 0) return undefined;
  const past = open.filter(({ gateway }) => gateway === undefined);
  const unclear = past.length > 0 && past.every(({ verdict }) => verdict.outcome === 'unknown');
  return judgedWorkload(population, workload, { covered: past.length === 0, status: unclear ? 'UNKNOWN' : 'INFERRED' });
}
