import type { MeshService, Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { Resource } from '../model/resource.ts';
import type { Request } from '../result/request.ts';
import { waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import { SearchLimit } from '../semantics/algebra/strings/find-word.ts';
import { isCaptured } from '../semantics/capture.ts';
import { decideRequest } from '../semantics/decide-request.ts';
import type { Enforcement, EnvoyPolicies } from '../semantics/enforcement.ts';
import { readsRequests } from '../semantics/patches/decide-patched.ts';
import type { Control, ProxyChange } from '../semantics/patches/proxy-change.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { withPolicies } from './apply.ts';
import type { Opener } from './compare/opened.ts';
import { openedRequests } from './compare/opened-requests.ts';
import type { Facts } from './facts.ts';
import { waysThrough } from './ways-through.ts';

/** What one object takes from a port's proxy, or puts in front of what decides there. */
export interface LostControl {
  readonly object: Resource;
  /** What of it does that, in the order of the input. */
  readonly changes: readonly ProxyChange[];
  /** `opens`: a request that the mesh without the object refuses; `may-open`: it is not worked out what becomes of one. */
  readonly effect:
    | {
        readonly kind: 'opens';
        readonly who: Opener['kind'];
        readonly witness: Request;
        readonly verdict: Verdict;
        readonly was: string;
      }
    | { readonly kind: 'may-open' };
}

const CONTROLS: ReadonlySet<string> = new Set<Control | 'what is enforced'>([
  'RBAC',
  'JWT authentication',
  'external authorization',
  'mutual TLS',
  'what is enforced',
]);

/**
 * Objects from outside the security API that take a control away from the proxy of a port (or from the waypoint in front of it), or put code or
 * something unknown before one, where that makes a difference: shown by deciding the mesh without the object. Undefined: nothing of the kind
 * reaches the proxy. Reference §9.1, §15.9.
 */
export function lostControls(facts: Facts, workload: Workload, port: WorkloadPort): readonly LostControl[] | undefined {
  const { enforcement } = facts;
  if (workload.dataPlane.kind === 'none' || !isCaptured(workload, port.port, port.transport).captured) return undefined;
  const places = placesOf(enforcement, workload, port);
  const changes = places.flatMap(({ proxy, service, number }) =>
    enforcement
      .changesAt(proxy, service)
      .filter(({ ports, object }) => ports?.includes(number) !== false && isPatch(object.kind)),
  );
  if (changes.length === 0) return undefined;
  const found: LostControl[] = [];
  for (const object of new Set(changes.map((change) => change.object as Resource))) {
    const own = changes.filter((change) => change.object === object);
    const counted = own.filter(({ effect }) => isAbout(effect));
    if (counted.length === 0) continue;
    const without = withoutObject(enforcement, object);
    const opened = opensAt(facts, without, workload, port);
    const taking = counted.filter(({ effect }) => effect.kind === 'removes');
    if (opened) {
      found.push({ object, changes: taking.length > 0 ? taking : counted, effect: { kind: 'opens', ...opened } });
      continue;
    }
    const unsure = counted.filter((change) => places.some((place) => mayMatter(place, change)));
    if (unsure.length > 0) found.push({ object, changes: unsure, effect: { kind: 'may-open' } });
  }
  return found;
}

interface Place {
  readonly proxy: Workload;
  readonly service?: MeshService;
  readonly number: number;
  readonly policies: EnvoyPolicies;
}

function placesOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Place[] {
  if (workload.dataPlane.kind !== 'ambient')
    return [{ proxy: workload, number: port.port, policies: enforcement.envoy(workload) }];
  return waysThrough(enforcement, port).flatMap((via): readonly Place[] => {
    const proxy = waypointOf(enforcement, via.service);
    if (!proxy) return [];
    const policies = waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, proxy);
    return [{ proxy, service: via.service, number: via.port.port, policies }];
  });
}

const isPatch = (kind: string): boolean =>
  kind === 'EnvoyFilter' || kind === 'WasmPlugin' || kind === 'TrafficExtension';

function isAbout(effect: ProxyChange['effect']): boolean {
  if (effect.kind === 'unclear') return CONTROLS.has(effect.what);
  return effect.kind === 'removes' || effect.kind === 'rewrites';
}

/** Where nothing is shown to open: whether there is something to lose that code or an unknown change could open. */
function mayMatter({ policies: { http, tcp } }: Place, { effect }: ProxyChange): boolean {
  if (effect.kind === 'removes' || effect.kind === 'rewrites-later') return false;
  if (effect.kind === 'rewrites') return readsRequests(http);
  if (effect.what === 'mutual TLS') return true;
  return [http, tcp].some(({ custom, deny, allow }) => custom.length + deny.length + allow.length > 0);
}

const WITHOUT = new WeakMap<Enforcement, Map<Resource, Enforcement>>();

function withoutObject(enforcement: Enforcement, object: Resource): Enforcement {
  const known = WITHOUT.get(enforcement) ?? new Map<Resource, Enforcement>();
  WITHOUT.set(enforcement, known);
  const found = known.get(object) ?? withPolicies(enforcement, { remove: [object] });
  known.set(object, found);
  return found;
}

type Opens = Omit<Extract<LostControl['effect'], { kind: 'opens' }>, 'kind'>;

function opensAt(facts: Facts, without: Enforcement, workload: Workload, port: WorkloadPort): Opens | undefined {
  const fromOutside = opensEntrance(facts, without, workload, port);
  if (fromOutside || workload.dataPlane.kind === 'gateway') return fromOutside;
  try {
    const [opened] = openedRequests({ before: without, after: facts.enforcement }, workload, workload, port);
    return opened && { who: opened.who.kind, witness: opened.witness, verdict: opened.verdict, was: opened.was.reason };
  } catch (error) {
    if (error instanceof SearchLimit) return undefined;
    throw error;
  }
}

/** A way in from outside that was refused: to the workload, or, of a gateway, to what is behind it. */
function opensEntrance(facts: Facts, without: Enforcement, workload: Workload, port: WorkloadPort): Opens | undefined {
  const routes = facts.entrances.routes.filter(
    ({ gateway, listener }) => gateway === workload && listener.port === port.port,
  );
  const entrances = [
    ...facts.entrances.of(workload, port.port),
    ...routes.flatMap(({ workloads }) =>
      workloads.flatMap((behind) =>
        facts.entrances.of(behind.workload, behind.port).filter(({ gateway }) => gateway === workload),
      ),
    ),
  ];
  for (const { entry, request, verdict } of entrances) {
    if (entry !== 'internet' || verdict.outcome === 'deny') continue;
    const was = decideRequest(without, request);
    if ('error' in was || was.outcome !== 'deny') continue;
    return { who: 'internet', witness: request, verdict, was: was.reason };
  }
  return undefined;
}
