import type { Principal, Workload, WorkloadId, WorkloadPort } from '../../model/inventory/types.ts';
import { all, any, type Formula, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Facts, Flow } from '../facts.ts';
import { isMachinery } from '../machinery.ts';
import { exemptIn } from '../reach/exempt.ts';
import { distinctWays, queryOfWitness } from '../reach/port-reach.ts';
import { peerSets, sourcesOf, type Witness } from '../reach/sources.ts';
import { causeOfOpening, causeOfSharing } from './cause.ts';
import { forgersOf } from './forgers.ts';
import type { DirectGrant, Grant } from './grant.ts';
import { isObservability } from './observability.ts';
import { waypointsBefore } from './passing-traffic.ts';
import { tier0Of } from './tier0.ts';

/**
 * All openings of all ports beyond wanted traffic. Gateways are not asked: who may use their routes comes from the entrances. Ports that serve
 * nothing but metrics and health give no control and are left out; so are istiod and the rest of Istio's own machinery, whose ports every
 * workload has to reach.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function* findGrants(facts: Facts): Iterable<DirectGrant> {
  for (const workload of facts.mesh.workloads) {
    if (workload.dataPlane.kind === 'gateway' || isMachinery(workload)) continue;
    // The same goes for an authorizer or an issuer of keys outside the mesh: proxies ask it from everywhere.
    if (workload.dataPlane.kind === 'none' && forgersOf(facts).has(workload)) continue;
    for (const port of workload.ports) {
      if (!isObservability(port)) yield* grantsOf(facts, workload, port);
    }
  }
}

export function* grantsOf(facts: Facts, workload: Workload, port: WorkloadPort): Iterable<DirectGrant> {
  const { enforcement } = facts;
  const flows = facts.wanted.to(workload).filter((flow) => flow.port === undefined || flow.port === port.port);
  const wanted = new Set(flows.map(({ from }) => from));
  // What stands behind a waypoint is there for it to call.
  if (workload.dataPlane.kind === 'ambient')
    for (const { id } of waypointsBefore(enforcement, workload)) wanted.add(id);
  const isStated = facts.wanted.isStated(workload);
  const meant = new Set(
    flows.flatMap(({ from, methods, paths }) => (from === 'internet' || methods || paths ? [] : [from])),
  );
  const seen = { anyone: false, anyIdentity: false, workloads: new Set<Workload>() };
  for (const region of distinctWays(enforcement, workload, port)) {
    const sources = sourcesOf(enforcement, region);
    const make = (who: Grant['who'], witness: Witness, shared?: Workload): DirectGrant =>
      new FoundGrant(enforcement, { workload, port, region, witness, who, beyondWanted: false, meant }, shared);
    if (sources.anonymous && !seen.anyone) {
      seen.anyone = true;
      yield make({ kind: 'anyone' }, sources.anonymous);
    }
    if (sources.stranger) {
      if (!seen.anyIdentity) yield make({ kind: 'any-identity', except: new Set(sources.refused) }, sources.stranger);
      seen.anyIdentity = true;
      continue;
    }
    if (region.transport === 'plaintext') continue;
    const literal = literalNames(region.mayPass);
    for (const { identities, witness } of sources.named) {
      const { byRule, sharing } = unwantedAmong(enforcement, workload, identities, { wanted, isStated, literal });
      const fresh = byRule.filter((source) => !seen.workloads.has(source));
      for (const source of fresh) seen.workloads.add(source);
      if (fresh.length > 0) yield make({ kind: 'workloads', sources: fresh }, witness);
      for (const source of sharing) {
        if (seen.workloads.has(source)) continue;
        seen.workloads.add(source);
        yield make({ kind: 'workloads', sources: [source] }, witness, source);
      }
    }
  }
  yield* beyondWanted(facts, workload, port, flows);
}

interface WantedCallers {
  readonly wanted: ReadonlySet<WorkloadId | 'internet'>;
  readonly isStated: boolean;
  /** Identities that policies name in full. */
  readonly literal: ReadonlySet<string>;
}

/** Holders of identities whose calls nobody wants: those that a rule lets in, and those that come in as somebody who shares their account. */
function unwantedAmong(
  enforcement: Enforcement,
  target: Workload,
  identities: readonly Principal[],
  { wanted, isStated, literal }: WantedCallers,
): { readonly byRule: readonly Workload[]; readonly sharing: readonly Workload[] } {
  const byRule: Workload[] = [];
  const sharing: Workload[] = [];
  for (const identity of identities) {
    const holders = enforcement.holdersOf(identity);
    if (holders.length === 1 && holders[0] && wanted.has(holders[0].id)) continue;
    const isMeant = holders.some(({ id }) => wanted.has(id)) || (!isStated && literal.has(identity));
    for (const holder of holders) {
      if (holder === target || wanted.has(holder.id)) continue;
      (holders.length > 1 && isMeant ? sharing : byRule).push(holder);
    }
  }
  return { byRule, sharing };
}

const literalNames = (formula: Formula): ReadonlySet<string> =>
  new Set(peerSets(formula).flatMap(({ words }) => words ?? []));

/**
 * Wanted callers of an asset who may send more than what is wanted. Elsewhere that makes no difference: a caller who was taken over gets on by
 * the wanted requests.
 */
function* beyondWanted(
  facts: Facts,
  workload: Workload,
  port: WorkloadPort,
  flows: readonly Flow[],
): Iterable<DirectGrant> {
  const { enforcement, mesh } = facts;
  if (!isAsset(facts, workload)) return;
  const bySource = new Map<WorkloadId, Flow[]>();
  for (const flow of flows) {
    if (flow.from === 'internet' || flow.basis === 'implied') continue;
    bySource.set(flow.from, [...(bySource.get(flow.from) ?? []), flow]);
  }
  for (const [id, own] of bySource) {
    const source = mesh.workloadById.get(id);
    if (!source || own.some(({ methods, paths }) => !methods && !paths)) continue;
    for (const region of distinctWays(enforcement, workload, port)) {
      if (region.transport === 'mtls' && source.identity === null) continue;
      const meant = any(
        own.map(({ methods, paths }) =>
          exemptIn(enforcement, region, { http: { ...(methods ? { methods } : {}), ...(paths ? { paths } : {}) } }),
        ),
      );
      const formula = withPeer(all([region.mayPass, not(meant)]), region.transport === 'mtls' ? source.identity : null);
      const model = region.solver.find(formula);
      if (!model) continue;
      const witness: Witness = { source: all([]), formula, model };
      yield new FoundGrant(enforcement, {
        workload,
        port,
        region,
        witness,
        who: { kind: 'workloads', sources: [source] },
        beyondWanted: true,
        meant: new Set(),
      });
      break;
    }
  }
}

/** What attackers are after: what is known, or taken, to be sensitive. */
export function isAsset(facts: Facts, workload: Workload): boolean {
  const { level, basis } = facts.sensitivity(workload);
  if (tier0Of(facts.mesh).has(workload)) return true;
  return basis !== 'unknown' && (level === 'critical' || level === 'high' || level === 'medium');
}

/** A grant whose verdict and cause are worked out when a path goes through it. */
class FoundGrant implements DirectGrant {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly region: Region;
  readonly witness: Witness;
  readonly who: Grant['who'];
  readonly beyondWanted: boolean;
  readonly meant: Grant['meant'];
  readonly #enforcement: Enforcement;
  readonly #sharedBy: Workload | undefined;
  #verdict: Verdict | undefined;

  constructor(enforcement: Enforcement, found: Omit<DirectGrant, 'verdict' | 'cause'>, sharedBy?: Workload) {
    this.workload = found.workload;
    this.port = found.port;
    this.region = found.region;
    this.witness = found.witness;
    this.who = found.who;
    this.beyondWanted = found.beyondWanted;
    this.meant = found.meant;
    this.#enforcement = enforcement;
    this.#sharedBy = sharedBy;
  }

  get verdict(): Verdict {
    if (!this.#verdict) {
      const query = { ...queryOfWitness(this.region, this.witness), transport: this.port.transport };
      const [named] = this.who.kind === 'workloads' ? this.who.sources : [];
      const identity = named && this.region.transport === 'mtls' ? named.identity : query.source.identity;
      this.#verdict = decide(this.#enforcement, { ...query, source: { ...query.source, identity } });
    }
    return this.#verdict;
  }

  get cause(): Grant['cause'] {
    if (this.#sharedBy) return causeOfSharing(this.#enforcement.mesh, this.#sharedBy);
    const { workload, port, region, verdict } = this;
    return causeOfOpening(this.#enforcement, workload, port, region.transport, verdict.by);
  }
}
