import type { Entrance, PortFacts } from '../graph/facts.ts';
import type { EvidenceStatus } from '../result/status.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { type GatewayKnowledge, unmodelledWays, waysUnsettled } from './gateways.ts';
import { judgedPort, type MemberPort, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Request authentication: ports that the internet leads to, and whether they ask who sends. */
export function requestAuthnMeasures(population: Population, gateways: GatewayKnowledge): readonly Measure[] {
  const { services, facts } = population;
  return [
    {
      subjects: 'routed ports',
      covered: 'that demand a token, an approval or a client certificate, or are declared public',
      tally: tally([
        ...services.flatMap(({ ports }) => ports.map((port) => judgeCallers(population, port))),
        ...unmodelledWays(facts),
      ]),
      ...(gateways.whenEmpty ? { whenEmpty: gateways.whenEmpty } : {}),
      absent: gateways.absent,
      unsettled: `${waysUnsettled}; ${enrolmentUnsettled}`,
    },
  ];
}

/** A port that nothing leads to from the internet is not counted. */
function judgeCallers(population: Population, port: MemberPort): Judged | undefined {
  if (port.internet.length === 0) return undefined;
  const covered = port.internet.every(asksWhoSends) || isDeclaredPublic(population, port.facts);
  return judgedPort(population, port, {
    covered,
    status: covered ? port.facts.workload.dataPlane.status : statusOf(port),
  });
}

/** Somebody stated that the internet may come here: a public site asks nobody who they are. */
function isDeclaredPublic({ facts }: Population, { workload, port }: PortFacts): boolean {
  return facts.wanted
    .to(workload)
    .some(
      (flow) =>
        flow.from === 'internet' && flow.basis !== 'implied' && (flow.port === undefined || flow.port === port.port),
    );
}

const proofs: ReadonlySet<string> = new Set(['jwt', 'ext-authz', 'client-certificate']);

export function asksWhoSends({ verdict }: Entrance): boolean {
  return verdict.outcome === 'deny' || verdict.requires.some(({ kind }) => proofs.has(kind));
}

function statusOf({ internet, facts }: MemberPort): EvidenceStatus {
  const undecided = internet.some((entrance) => entrance.verdict.outcome === 'unknown' && !asksWhoSends(entrance));
  return undecided ? 'UNKNOWN' : facts.workload.dataPlane.status;
}
