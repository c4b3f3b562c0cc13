import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all, EVERYTHING, type Formula, not, type TextSet } from '../../semantics/algebra/formula.ts';
import { type Region, regionsOf } from '../../semantics/algebra/region.ts';
import { matchesWord } from '../../semantics/algebra/strings/machine.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import { likenessOf } from '../reach/likeness.ts';
import { peerSets } from '../reach/sources.ts';
import { requestOf } from '../request-of.ts';
import type { Opened, States } from './opened.ts';

/** What workloads whose identity changed may newly send: the destinations' sets are the same, the caller is another. */
export function openedByIdentity(states: States): readonly Opened[] {
  const { before, after } = states;
  const callers = new Callers(after);
  return after.mesh.workloads.flatMap((source) => {
    const earlier = before.mesh.workloadById.get(source.id);
    if (!earlier || earlier.identity === source.identity || source.identity === null) return [];
    return after.mesh.workloads.flatMap((workload) => openedFor(states, earlier, source, workload, callers));
  });
}

/** Which callers need not be asked about: those that nothing tells from others to whom a set opens nothing. */
class Callers {
  readonly #isNetworkOpen: boolean;
  readonly #known = new Map<Formula, Map<WorkloadPort, Set<string>>>();
  readonly #sets = new Map<Formula, readonly TextSet[]>();
  readonly #enforcement: Enforcement;
  readonly #regions = new Map<WorkloadPort, readonly Region[]>();
  /** Whether a set of policies that names callers lets in one that it does not name. */
  readonly #admitsOthers = new Map<string, boolean>();

  constructor(enforcement: Enforcement) {
    const { mesh, network } = enforcement;
    this.#enforcement = enforcement;
    this.#isNetworkOpen = network.namespaces.size === 0 || mesh.cni === 'ignores-network-policy';
  }

  regionsOf(workload: Workload, port: WorkloadPort): readonly Region[] {
    const regions = this.#regions.get(port) ?? regionsOf(this.#enforcement, workload, port);
    this.#regions.set(port, regions);
    return regions;
  }

  /**
   * Whether policies name callers one by one and neither identity is among them, so that the new one is let in no more than the old one was, or
   * than anybody is. Told by the policies' text: the set is not made.
   */
  isUnnamed(region: Region, earlier: Principal | null, now: Principal | null): boolean {
    const likeness = likenessOf(region);
    if (!likeness || likeness.names.length === 0 || now === null) return false;
    const trustDomain = `${this.#enforcement.configOf(region.destination.workload).trustDomain.value}/`;
    const isOrdinary = (name: Principal): boolean => name.startsWith(trustDomain);
    if (!isOrdinary(now) || !likeness.names.every(isOrdinary) || likeness.names.includes(now)) return false;
    if (earlier !== null) return isOrdinary(earlier) && !likeness.names.includes(earlier);
    const key = `${trustDomain} ${likeness.shape}`;
    let admits = this.#admitsOthers.get(key);
    if (admits === undefined) {
      admits = !region.solver.isEmpty(withPeer(region.passes, now));
      this.#admitsOthers.set(key, admits);
    }
    return !admits;
  }

  /** What the set, and all else that decides, sees of a caller before and after; undefined: it may be anything. */
  classOf(passes: Formula, earlier: Workload, source: Workload, way: number): string | undefined {
    if (!this.#isNetworkOpen) return undefined;
    const own = (identity: Principal | null): string => (identity === null ? '-' : this.#standing(passes, identity));
    const seen = [earlier, source].map(
      ({ identity, cluster, namespace, dataPlane: { kind, revision } }) =>
        `${own(identity)} ${cluster} ${namespace} ${kind} ${revision}`,
    );
    return [way, ...seen].join('\n');
  }

  /** In which of the sets of identities that a formula tells apart an identity lies. */
  #standing(passes: Formula, identity: Principal): string {
    const sets = this.#sets.get(passes) ?? peerSets(passes);
    this.#sets.set(passes, sets);
    return sets
      .map(({ words, machine }) => Number(words?.includes(identity) ?? matchesWord(machine, identity)))
      .join('');
  }

  /** Whether a set tells two identities of a workload apart. */
  isTold(passes: Formula, earlier: Principal | null, now: Principal | null): boolean {
    if (earlier === null || now === null) return true;
    return this.#standing(passes, earlier) !== this.#standing(passes, now);
  }

  of(passes: Formula, port: WorkloadPort): Set<string> {
    const ports = this.#known.get(passes) ?? new Map<WorkloadPort, Set<string>>();
    this.#known.set(passes, ports);
    const found = ports.get(port) ?? new Set<string>();
    ports.set(port, found);
    return found;
  }
}

function openedFor(
  { before, after }: States,
  earlier: Workload,
  source: Workload,
  workload: Workload,
  callers: Callers,
): readonly Opened[] {
  const old = before.mesh.workloadById.get(workload.id);
  if (!old || workload === source || workload.dataPlane.kind === 'gateway') return [];
  return workload.ports.flatMap((port): readonly Opened[] => {
    for (const [way, region] of callers.regionsOf(workload, port).entries()) {
      if (region.transport !== 'mtls') continue;
      if (callers.isUnnamed(region, earlier.identity, source.identity)) continue;
      const { passes } = region;
      if (!callers.isTold(passes, earlier.identity, source.identity)) continue;
      const refused = callers.of(passes, port);
      const likes = callers.classOf(passes, earlier, source, way);
      if (likes !== undefined && refused.has(likes)) continue;
      const formula = all([
        withPeer(passes, source.identity),
        earlier.identity === null ? EVERYTHING : not(withPeer(passes, earlier.identity)),
      ]);
      const model = region.solver.find(formula);
      if (!model) {
        if (likes !== undefined) refused.add(likes);
        continue;
      }
      const found = queryOfModel({ region, formula, model }, { kind: 'workload', workload: source });
      const query: Query = { ...found, source: { ...found.source, identity: source.identity } };
      const verdict = decide(after, query);
      const { connects: _connects, ...caller } = query.source;
      // Before, code in that place had the other identity, or plaintext.
      const was = decide(before, {
        ...query,
        source: { ...caller, identity: earlier.identity, position: { kind: 'workload', workload: earlier } },
        destination: { workload: old, port: port.port },
      });
      if (verdict.outcome !== 'allow' || was.outcome !== 'deny') {
        if (likes !== undefined) refused.add(likes);
        continue;
      }
      return [
        {
          workload,
          port: port.port,
          who: { kind: 'workload', workload: source },
          witness: requestOf(query),
          verdict,
          was: { by: was.by, reason: was.reason },
        },
      ];
    }
    return [];
  });
}
