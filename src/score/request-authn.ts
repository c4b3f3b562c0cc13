import type { Entrance, PortFacts } from '../graph/facts.ts';
import type { EvidenceStatus } from '../result/status.ts';
import type { Measure } from './measure.ts';
import { type GatewayKnowledge, unmodelledWays } from './gateways.ts';
import { judgedPort, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Request authentication: ports that the internet leads to, and whether who sends is asked for. */
export function requestAuthnMeasures(population: Population, gateways: GatewayKnowledge): readonly Measure[] {
  const { services, facts } = population;
  return [
    {
      subjects: 'workload ports that the internet leads to',
      covered: 'where every request needs a token, an approval or a client certificate',
      tally: tally([
        ...services.flatMap((workload) => facts.ports(workload).map((port) => judgeCallers(population, port))),
        ...unmodelledWays(facts),
      ]),
      satisfiedWhenEmpty: gateways.known,
      missing: gateways.missing,
    },
  ];
}

/** A port that nothing leads to from the internet is not counted. */
export function judgeCallers(population: Population, facts: PortFacts): Judged | undefined {
  if (facts.internet.length === 0) return undefined;
  return judgedPort(population, facts, { covered: facts.internet.every(asksWhoSends), status: statusOf(facts) });
}

const proofs: ReadonlySet<string> = new Set(['jwt', 'ext-authz', 'client-certificate']);

export function asksWhoSends({ verdict }: Entrance): boolean {
  return verdict.outcome === 'deny' || verdict.requires.some(({ kind }) => proofs.has(kind));
}

function statusOf({ internet, workload }: PortFacts): EvidenceStatus {
  return internet.some((entrance) => entrance.verdict.outcome === 'unknown' && !asksWhoSends(entrance)) ? 'UNKNOWN' : workload.dataPlane.status;
}
