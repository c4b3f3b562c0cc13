import { findWorkload } from '../findings/subjects.ts';
import type { Facts, PortFacts } from '../graph/facts.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { DimensionId, Finding } from '../result/types.ts';
import { isRestricted } from './authorization.ts';
import { hasOwnIdentity } from './identity.ts';
import { tcpPorts } from './mtls.ts';
import type { Observed } from './open-questions.ts';
import { isPortExposed, type Population, populationOf } from './population.ts';
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
export function checkLevels(facts: Facts, findings: readonly Finding[], rated: readonly RatedDimension[], observed: Observed): readonly LevelCheck[] {
  const population = populationOf(facts);
  return [
    identities(population),
    transport(population, documentedPorts(facts, findings)),
    defaultDeny(population),
    { unmet: observed.tested ? [] : ['positive and negative tests of who may call what, run against the data plane'], verified: observed.tested ?? false },
    boundaries(rated),
    { unmet: ['attack paths, telemetry, drift and exceptions under continuous review'], verified: false },
    { unmet: ['automated evidence and response across clusters and trust domains'], verified: false },
  ];
}

function identities({ members, facts }: Population): LevelCheck {
  const inMesh = members.filter(({ dataPlane }) => dataPlane.kind !== 'none');
  const unknown = members.filter(({ dataPlane }) => dataPlane.status === 'UNKNOWN');
  const shared = inMesh.filter((workload) => !hasOwnIdentity(workload, holdersOf(facts, workload)));
  return {
    unmet: [
      ...(inMesh.length === 0 ? ['a workload in the mesh'] : []),
      ...needs(unknown, members, 'data planes to be known'),
      ...needs(shared, inMesh, 'workloads in the mesh to have an identity of their own, not shared and not the default account'),
    ],
    verified: members.every(isVerified),
  };
}

const holdersOf = ({ mesh }: Facts, { identity }: Workload): readonly Workload[] => (identity === null ? [] : (mesh.identities.get(identity) ?? []));

/** On critical paths: ports of critical and high assets and those exposed to the internet; all, where there are none such. */
function transport(population: Population, documented: ReadonlySet<string>): LevelCheck {
  const ports = tcpPorts(population);
  const named = ports.filter((port) => population.isSensitive(port.workload) || isPortExposed(port));
  const critical = named.length > 0 ? new Set(named) : new Set(ports);
  const plaintext = ports.filter((port) => port.mtls.mode !== 'STRICT' || port.mtls.status === 'UNKNOWN');
  const others = ports.filter((port) => !critical.has(port));
  return {
    unmet: [
      ...(ports.length === 0 ? ['a workload port that mTLS could protect'] : []),
      ...needs(
        plaintext.filter((port) => critical.has(port)),
        [...critical],
        'ports on critical paths to be STRICT',
      ),
      ...needs(
        plaintext.filter((port) => !critical.has(port) && !documented.has(keyOf(port))),
        others,
        'other ports to be STRICT, or their plaintext documented as an exception',
      ),
    ],
    verified: [...critical].every(({ mtls }) => mtls.status === 'VERIFIED'),
  };
}

function defaultDeny(population: Population): LevelCheck {
  const sensitive = tcpPorts(population).filter(({ workload }) => population.isSensitive(workload));
  const open = sensitive.filter((port) => !isRestricted(port) || port.authorization.status === 'UNKNOWN');
  const anonymous = sensitive.filter(({ internet }) => !internet.every(asksWhoSends));
  return {
    unmet: [
      ...(sensitive.length === 0 ? ['critical and high assets to be named (`assets` in meshproof.yaml)'] : []),
      ...needs(open, sensitive, 'ports of critical and high assets to be restricted by an AuthorizationPolicy'),
      ...needs(anonymous, sensitive, 'ports of critical and high assets to ask callers from the internet for a token or an approval'),
    ],
    verified: sensitive.every(({ authorization }) => authorization.status === 'VERIFIED'),
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
const isVerified = ({ dataPlane }: Workload): boolean => dataPlane.status === 'VERIFIED';

/** `3 of 12 workload ports to be …`; nothing where none is open. */
function needs<T>(open: readonly T[], all: readonly T[], what: string): string[] {
  return open.length === 0 ? [] : [`${open.length} of ${all.length} ${what}`];
}
