import { findWorkload } from '../findings/subjects.ts';
import type { Facts, PortFacts } from '../graph/facts.ts';
import type { DimensionId, Finding } from '../result/types.ts';
import { isRestricted } from './authorization.ts';
import { hasOwnIdentity } from './identity.ts';
import type { Observed } from './open-questions.ts';
import type { MemberPort, Population } from './population.ts';
import type { RatedDimension } from './rate.ts';
import { asksWhoSends } from './request-authn.ts';

/** One level, 1 to 7. */
export interface LevelCheck {
  /** What keeps it from being met, each a phrase with its numbers; none: it is configured. */
  readonly unmet: readonly string[];
  /** All that it rests on was seen on the data plane. */
  readonly verified: boolean;
}

/** The levels of the method in order, from level 1 on. */
export function checkLevels(
  population: Population,
  findings: readonly Finding[],
  rated: readonly RatedDimension[],
  observed: Observed,
): readonly LevelCheck[] {
  return [
    identities(population),
    transport(population, documentedPorts(population.facts, findings)),
    defaultDeny(population),
    {
      unmet: observed.tested ? [] : ['positive and negative tests of who may call what, run against the data plane'],
      verified: observed.tested ?? false,
    },
    boundaries(rated),
    { unmet: ['attack paths, telemetry, drift and exceptions under continuous review'], verified: false },
    { unmet: ['automated evidence and response across clusters and trust domains'], verified: false },
  ];
}

function identities({ members, facts }: Population): LevelCheck {
  const inMesh = members.filter(({ workload }) => workload.dataPlane.kind !== 'none');
  const unknown = members.filter(({ workload }) => workload.dataPlane.status === 'UNKNOWN');
  const shared = inMesh.filter(({ workload }) => !hasOwnIdentity(facts.mesh, workload));
  return {
    unmet: [
      ...(inMesh.length === 0 ? ['a workload in the mesh'] : []),
      ...needs(unknown, members, 'data planes to be known'),
      ...needs(
        shared,
        inMesh,
        'workloads in the mesh to have an identity of their own, not shared and not the default account',
      ),
    ],
    verified: members.every(({ workload }) => workload.dataPlane.status === 'VERIFIED'),
  };
}

/** On critical paths: ports of critical and high assets and those exposed to the internet; all, where there are none such. */
function transport({ tcpPorts }: Population, documented: ReadonlySet<string>): LevelCheck {
  const named = tcpPorts.filter(({ sensitive, exposed }) => sensitive || exposed);
  const critical = named.length > 0 ? named : tcpPorts;
  const others = named.length > 0 ? tcpPorts.filter(({ sensitive, exposed }) => !sensitive && !exposed) : [];
  const undocumented = others.filter((port) => takesPlaintext(port) && !documented.has(keyOf(port.facts)));
  return {
    unmet: [
      ...(tcpPorts.length === 0 ? ['a workload port that mTLS could protect'] : []),
      ...needs(critical.filter(takesPlaintext), critical, 'ports on critical paths to be STRICT'),
      ...needs(undocumented, others, 'other ports to be STRICT, or their plaintext documented as an exception'),
    ],
    verified: critical.every(({ facts }) => facts.mtls.status === 'VERIFIED'),
  };
}

const takesPlaintext = ({ facts: { mtls } }: MemberPort): boolean =>
  mtls.mode !== 'STRICT' || mtls.status === 'UNKNOWN';

function defaultDeny({ tcpPorts }: Population): LevelCheck {
  const sensitive = tcpPorts.filter((port) => port.sensitive);
  const open = sensitive.filter(({ facts }) => !isRestricted(facts) || facts.authorization.status === 'UNKNOWN');
  const anonymous = sensitive.filter(({ internet }) => !internet.every(asksWhoSends));
  return {
    unmet: [
      ...(sensitive.length === 0 ? ['critical and high assets to be named (`assets` in meshproof.yaml)'] : []),
      ...needs(open, sensitive, 'ports of critical and high assets to be restricted by an AuthorizationPolicy'),
      ...needs(
        anonymous,
        sensitive,
        'ports of critical and high assets to ask callers from the internet for a token or an approval',
      ),
    ],
    verified: sensitive.every(({ facts }) => facts.authorization.status === 'VERIFIED'),
  };
}

/** The rung from which exceptions are narrow. */
const GOVERNED = 4;
const boundaryDimensions: readonly DimensionId[] = ['segmentation', 'ingress', 'egress'];

function boundaries(rated: readonly RatedDimension[]): LevelCheck {
  const concerned = rated.filter(({ dimension }) => boundaryDimensions.includes(dimension.id));
  return {
    unmet: concerned
      .filter(({ dimension }) => dimension.configured < GOVERNED)
      .map(({ dimension }) => `${dimension.id} at ${GOVERNED} or better: it is at ${dimension.configured}`),
    verified: concerned.every(({ dimension }) => dimension.status === 'VERIFIED'),
  };
}

/** Ports whose plaintext somebody accepted with a reason. */
function documentedPorts(facts: Facts, findings: readonly Finding[]): ReadonlySet<string> {
  const accepted = findings.filter(({ id, exception }) => id === 'mtls/permissive' && exception);
  const documented = new Set<string>();
  for (const subject of accepted.flatMap(({ subjects }) => subjects)) {
    const workload = findWorkload(facts.mesh, subject);
    for (const port of workload ? facts.ports(workload) : []) {
      if (subject.port === undefined || subject.port === port.port.port) documented.add(keyOf(port));
    }
  }
  return documented;
}

const keyOf = ({ workload, port }: PortFacts): string => `${workload.id}:${port.port}`;

/** `3 of 12 workload ports to be …`; nothing where none is open. */
function needs<T>(open: readonly T[], all: readonly T[], what: string): string[] {
  return open.length === 0 ? [] : [`${open.length} of ${all.length} ${what}`];
}
