import type { Workload } from '../../model/inventory/types.ts';
import type { MeshConfig } from '../../model/mesh-config.ts';
import type { ZtunnelPolicies } from '../ambient/compile.ts';
import type { PolicyChain } from '../authz/chain.ts';
import type { Clause, CompiledPolicy } from '../authz/compile.ts';
import type { Enforcement, EnvoyPolicies } from '../enforcement.ts';
import { changesOn, type Filters, filtersLeft } from '../patches/filters-left.ts';
import type { ProxyChange } from '../patches/proxy-change.ts';
import { addressOf } from '../query.ts';
import { spaceOf } from './axes.ts';
import { type ChainPoint, type ChainSets, chainSets } from './chain-formula.ts';
import { LazyChain } from './lazy-chain.ts';
import { SetPool } from './set-pool.ts';
import { Solver } from './solver.ts';
import { type ZtunnelSets, ztunnelSets } from './ztunnel-formula.ts';

/**
 * Sets of requests and what was found out about them, remembered by content: workloads whose policies are the same share one answer, and
 * after a change only what it touches is worked out again. May serve several states of the same mesh.
 */
export class Symbolic {
  readonly pool = new SetPool();
  readonly #solvers = new Map<string, Solver>();
  readonly #atProxy = new WeakMap<MeshConfig, Solver>();
  readonly #atZtunnel = new WeakMap<MeshConfig, Solver>();
  readonly #atWaypoint = new WeakMap<MeshConfig, Solver>();
  readonly #proxies = new WeakMap<EnvoyPolicies, Map<string, ChainSets>>();
  readonly #chains = new WeakMap<PolicyChain, Map<string, ChainSets>>();
  readonly #ztunnels = new WeakMap<ZtunnelPolicies, Map<string, ZtunnelSets>>();

  solver(trustDomains: readonly string[], config: MeshConfig): Solver {
    const normalization = config.pathNormalization.value;
    const key = JSON.stringify([trustDomains, normalization]);
    let solver = this.#solvers.get(key);
    if (!solver) {
      solver = new Solver(spaceOf({ trustDomains, normalization }));
      this.#solvers.set(key, solver);
    }
    return solver;
  }

  /** Solves what reaches a workload's own proxy. ztunnel knows no aliases of the trust domain (reference §1.6). */
  solverOf(enforcement: Enforcement, workload: Workload): Solver {
    const config = enforcement.configOf(workload);
    const isAmbient = workload.dataPlane.kind === 'ambient';
    const known = isAmbient ? this.#atZtunnel : this.#atProxy;
    let solver = known.get(config);
    if (!solver) {
      const trusted = isAmbient ? enforcement.bundleOf(config).slice(0, 1) : enforcement.trustedDomains(config);
      solver = this.solver(trusted, config);
      known.set(config, solver);
    }
    return solver;
  }

  /** Solves what reaches a waypoint, which trusts the mesh's own certificates alone. */
  solverAtWaypoint(enforcement: Enforcement, config: MeshConfig): Solver {
    let solver = this.#atWaypoint.get(config);
    if (!solver) {
      solver = this.solver(enforcement.bundleOf(config), config);
      this.#atWaypoint.set(config, solver);
    }
    return solver;
  }

  sidecar(
    enforcement: Enforcement,
    workload: Workload,
    port: number,
    identified: boolean,
    type: 'http' | 'tcp',
  ): readonly ChainSets[] {
    const bundle = enforcement.bundleOf(enforcement.configOf(workload));
    const point = { bundle, port, identified, destinationIp: addressOf({ workload }) };
    return this.proxy(enforcement.envoy(workload), type, changesOn(enforcement.changesAt(workload), type, port), point);
  }

  /** What a proxy holds, under each reading of what patches leave of it. */
  proxy(
    envoy: EnvoyPolicies,
    type: 'http' | 'tcp',
    changes: readonly ProxyChange[],
    point: Omit<ChainPoint, 'pool' | 'own'>,
  ): readonly ChainSets[] {
    const filters = (): Filters => ({ chain: envoy[type], providers: envoy.providers });
    if (changes.length > 0) return filtersLeft(changes, filters()).map((left) => this.chain(left, point));
    const { naming } = envoy;
    if (!naming) return [this.chain(filters(), point)];
    const key = `${type} ${keyOf(naming.reads, point)}`;
    return [
      remembered(this.#proxies, envoy, key, () => {
        const likeness = { shape: `${key} ${naming.shape}`, names: naming.names, policies: envoy.authorization };
        return new LazyChain(likeness, () => this.chain(filters(), point));
      }),
    ];
  }

  chain({ chain, providers }: Filters, point: Omit<ChainPoint, 'pool'>): ChainSets {
    const key = `${providers.length} ${point.own?.token.key ?? ''}${keyOf(readsOf(chain), point)}`;
    return remembered(this.#chains, chain, key, () => chainSets(chain, providers, { pool: this.pool, ...point }));
  }

  ztunnel(enforcement: Enforcement, workload: Workload, port: number, identified: boolean): ZtunnelSets {
    const policies = enforcement.ztunnel(workload);
    const point = { pool: this.pool, port, identified, destinationIp: addressOf({ workload }) };
    return remembered(this.#ztunnels, policies, keyOf(ztunnelReadsOf(policies), point), () =>
      ztunnelSets(policies, point),
    );
  }
}

const KNOWN = new WeakMap<Enforcement, Symbolic>();

/** The sets of a mesh; states that were derived from it share them. */
export function symbolicOf({ root }: Enforcement): Symbolic {
  let symbolic = KNOWN.get(root);
  if (!symbolic) {
    symbolic = new Symbolic();
    KNOWN.set(root, symbolic);
  }
  return symbolic;
}

/** Lets two meshes share their sets, so that what is the same in both is the same set. */
export function shareSymbolic(from: Enforcement, to: Enforcement): void {
  KNOWN.set(to.root, symbolicOf(from));
}

function remembered<K extends object, V>(cache: WeakMap<K, Map<string, V>>, owner: K, key: string, make: () => V): V {
  let byKey = cache.get(owner);
  if (!byKey) {
    byKey = new Map();
    cache.set(owner, byKey);
  }
  let value = byKey.get(key);
  if (value === undefined) {
    value = make();
    byKey.set(key, value);
  }
  return value;
}

interface Reads {
  readonly port: boolean;
  readonly address: boolean;
}

const READS = new WeakMap<PolicyChain, { port: boolean; address: boolean }>();

/** Whether any rule looks at what differs between the workloads that hold the same policies. */
function readsOf(chain: PolicyChain): Reads {
  let reads = READS.get(chain);
  if (!reads) {
    reads = { port: false, address: false };
    for (const { policies } of chain.custom) noteReads(policies, reads);
    noteReads(chain.deny, reads);
    noteReads(chain.allow, reads);
    READS.set(chain, reads);
  }
  return reads;
}

function noteReads(policies: readonly CompiledPolicy[], reads: { port: boolean; address: boolean }): void {
  const note = (clauses: readonly Clause[]): void => {
    for (const { field } of clauses) {
      if (field === 'ports' || field === 'notPorts' || field === 'destination.port') reads.port = true;
      else if (field === 'destination.ip') reads.address = true;
    }
  };
  for (const { rules } of policies) {
    for (const { from, to, when } of rules) {
      from?.forEach(note);
      to?.forEach(note);
      note(when);
    }
  }
}

const ZTUNNEL_READS = new WeakMap<ZtunnelPolicies, Reads>();

/** The same of what ztunnel evaluates, PeerAuthentication among it. */
function ztunnelReadsOf(policies: ZtunnelPolicies): Reads {
  let reads = ZTUNNEL_READS.get(policies);
  if (!reads) {
    const { deny, allow, transport } = policies;
    const all = [...deny, ...allow, ...transport.variants.flatMap(({ authorizations }) => authorizations)];
    const matches = all.flatMap(({ groups }) =>
      groups.flatMap(({ clauses }) => clauses.flatMap((clause) => clause.matches)),
    );
    reads = {
      port: matches.some((match) => match.destinationPorts ?? match.notDestinationPorts),
      address: matches.some((match) => match.destinationIps ?? match.notDestinationIps),
    };
    ZTUNNEL_READS.set(policies, reads);
  }
  return reads;
}

function keyOf(
  reads: Reads,
  {
    port,
    identified,
    destinationIp,
    tunnelled,
  }: Pick<ChainPoint, 'port' | 'identified' | 'destinationIp' | 'tunnelled'>,
): string {
  return `${identified} ${tunnelled ?? false} ${reads.port ? port : ''} ${reads.address ? destinationIp : ''}`;
}
