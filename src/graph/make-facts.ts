import { isRouter } from '../model/inventory/is-router.ts';
import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { asSeen } from './as-seen.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { effectiveZtunnelMode } from '../semantics/ambient/effective-mode.ts';
import { isCaptured } from '../semantics/capture.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { modeOfPort } from '../semantics/mtls/effective-mode.ts';
import { findAccess } from './access.ts';
import { type StatedAsset, sensitivityOf } from './assets.ts';
import { authorizationOf } from './authorization.ts';
import { findGatewayAccess } from './gateway-access.ts';
import { findEntrances } from './entrances.ts';
import type { Asset, Completeness, Entrances, Facts, MtlsFact, PortAccess, PortFacts, WantedTraffic } from './facts.ts';
import { readTraffic } from '../evidence/traffic/read-traffic.ts';
import { acceptedIn } from '../evidence/traffic/accepted-in.ts';
import type { TrafficSeen } from '../evidence/traffic/traffic-seen.ts';
import type { Observation } from '../model/observation/observation.ts';
import { type StatedFlow, wantedTraffic } from './wanted.ts';

/** What the user stated in `meshproof.yaml`, as far as facts follow from it. */
export interface Stated {
  readonly assets?: readonly StatedAsset[];
  readonly wanted?: readonly StatedFlow[];
  /** What was seen of the mesh, and what of it was accepted: also judged of meshes as they would become. */
  readonly observed?: readonly Observation[];
}

/** All facts about a mesh; each is worked out when first asked for, and then kept. */
export function makeFacts(enforcement: Enforcement, stated: Stated = {}, evidence?: Evidence): Facts {
  const { observed = [] } = stated;
  const { mesh } = enforcement;
  const ports = new Map<Workload, readonly PortFacts[]>();
  const assets = new Map<Workload, Asset>();
  let entrances: Entrances | undefined;
  const findOnce = (): Entrances => {
    entrances ??= findEntrances(enforcement);
    return entrances;
  };
  let wanted: WantedTraffic | undefined;
  let traffic: TrafficSeen | undefined;
  const seen = (): TrafficSeen => {
    traffic ??= readTraffic(enforcement, observed);
    return traffic;
  };
  return {
    mesh,
    enforcement,
    ...(evidence ? { evidence } : {}),
    get traffic() {
      return seen();
    },
    get entrances() {
      return findOnce();
    },
    ports(workload) {
      let facts = ports.get(workload);
      if (!facts) {
        facts = workload.ports.map((port) => portFacts(enforcement, workload, port, findOnce, evidence));
        ports.set(workload, facts);
      }
      return facts;
    },
    sensitivity(workload) {
      let asset = assets.get(workload);
      if (!asset) {
        asset = sensitivityOf(workload, stated.assets ?? [], mesh);
        assets.set(workload, asset);
      }
      return asset;
    },
    get wanted() {
      wanted ??= wantedTraffic(
        enforcement,
        { declared: stated.wanted ?? [], accepted: acceptedIn(observed) },
        findOnce(),
      );
      return wanted;
    },
    isComplete: (question) => isComplete(enforcement, question),
  };
}

function isComplete({ mesh }: Enforcement, question: Completeness): boolean {
  const { complete, namespaces } = mesh.scope;
  if (complete.has('all')) return true;
  if (typeof question !== 'string')
    return namespaces.has(question.namespace) || complete.has(`namespace:${question.namespace}`);
  return complete.has(question);
}

function portFacts(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  entrances: () => Entrances,
  evidence: Evidence | undefined,
): PortFacts {
  const seen = evidence?.of(workload)?.ports.get(port.port);
  let access: PortAccess | undefined;
  let authorization: PortFacts['authorization'] | undefined;
  return {
    workload,
    port,
    captured: isCaptured(workload, port.port, port.transport),
    mtls: asSeen(mtlsOf(enforcement, workload, port), seen?.mtls),
    get authorization() {
      authorization ??= asSeen(authorizationOf(enforcement, workload, port), seen?.authorization);
      return authorization;
    },
    get access() {
      access ??= isRouter(workload)
        ? findGatewayAccess(enforcement, workload, port, entrances().routes)
        : findAccess(enforcement, workload, port);
      return access;
    },
    get internet() {
      return entrances()
        .of(workload, port.port)
        .filter(({ entry }) => entry === 'internet');
    },
    get nodeNetwork() {
      return entrances()
        .of(workload, port.port)
        .filter(({ entry }) => entry === 'node-network');
    },
  };
}

function mtlsOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort): MtlsFact {
  const { dataPlane } = workload;
  const none: MtlsFact = {
    mode: 'none',
    by: null,
    level: 'none',
    status: dataPlane.status,
    assumes: dataPlane.assumes,
  };
  // PeerAuthentication governs neither gateway listeners nor waypoints (reference §15.2).
  if (dataPlane.kind === 'gateway' || !isCaptured(workload, port.port, port.transport).captured) return none;
  if (dataPlane.kind === 'ambient') {
    const { mode, by, assumes } = effectiveZtunnelMode(enforcement.ztunnel(workload), port.port);
    return {
      mode,
      by,
      level: by ? 'workload' : 'default',
      status: dataPlane.status,
      assumes: [...dataPlane.assumes, ...assumes],
    };
  }
  const modes = enforcement.modes(workload);
  const { mode, by, level } = modeOfPort(modes, port.port);
  return { mode, by, level, status: dataPlane.status, assumes: [...dataPlane.assumes, ...modes.assumes] };
}
