import type { Mesh, Principal } from '../../model/inventory/types.ts';
import type { Resource } from '../../model/resource.ts';
import { PEER } from '../../semantics/algebra/axes.ts';
import { all, EVERYTHING, type Formula, literal, type TextSet } from '../../semantics/algebra/formula.ts';
import type { Likeness } from '../../semantics/algebra/chain-formula.ts';
import { basisOf, ChainRegion, type Region } from '../../semantics/algebra/region.ts';
import type { SetPool } from '../../semantics/algebra/set-pool.ts';
import type { Model } from '../../semantics/algebra/solver.ts';
import { matchesWord } from '../../semantics/algebra/strings/machine.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import { identityIndexOf } from './identity-index.ts';

/** A request of a set and the set that it was found in. */
export interface Witness {
  /** Who: the part of the set that is about the caller. */
  readonly source: Formula;
  readonly formula: Formula;
  readonly model: Model;
}

/** Who may send at least one request of a region. */
export interface Sources {
  /** Without an identity: the regions in plaintext. */
  readonly anonymous?: Witness;
  /** With any certificate of the mesh: an identity that no rule names. */
  readonly stranger?: Witness;
  /** Identities that rules tell apart and that get in, by what gets them in. In order of their first name. */
  readonly named: readonly { readonly identities: readonly Principal[]; readonly witness: Witness }[];
  /** Identities that rules tell apart and that do not get in. */
  readonly refused: readonly Principal[];
}

interface Known {
  readonly plaintext: WeakMap<object, Sources>;
  readonly mtls: WeakMap<object, Sources>;
  /** The first region of each shape, by its shape. */
  readonly shapes: Map<string, First>;
}

interface First {
  readonly region: Region;
  readonly likeness: Likeness;
  readonly sources: Sources;
}

/** By what finds requests, which knows the trust domain, and by what passes. */
const KNOWN = new WeakMap<Mesh, WeakMap<Region['solver'], Known>>();

/**
 * The sources of a region as a sparse union: identities that no condition tells apart are one class, so that no pair of workloads is ever
 * looked at. Worked out once per set: regions whose policies are the same share it.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function sourcesOf(enforcement: Enforcement, region: Region): Sources {
  const known = knownFor(enforcement.mesh, region.solver);
  const basis = basisOf(region);
  let sources = known[region.transport].get(basis);
  if (!sources) {
    sources = findByShape(enforcement, region, known.shapes);
    known[region.transport].set(basis, sources);
  }
  return sources;
}

/** Where policies differ in the names of callers alone, so does who gets in: worked out once, and told with other names. */
function findByShape(enforcement: Enforcement, region: Region, shapes: Known['shapes']): Sources {
  const find = (): Sources =>
    region.transport === 'plaintext' ? anonymousOf(region) : identifiedOf(enforcement, region);
  const likeness = region instanceof ChainRegion ? region.point.sets.likeness : undefined;
  const { trustDomain } = enforcement.configOf(region.destination.workload);
  // A waypoint of another trust domain than the pod behind it: names of that one would be told from strangers of this one.
  if (!likeness?.names.every((name) => name.startsWith(`${trustDomain.value}/`))) return find();
  const key = `${region.transport} ${trustDomain.value} ${likeness.shape}`;
  const first = shapes.get(key);
  if (first) return new RenamedSources(symbolicOf(enforcement).pool, region, likeness, first);
  const sources = find();
  shapes.set(key, { region, likeness, sources });
  return sources;
}

function knownFor(mesh: Mesh, solver: Region['solver']): Known {
  let bySolver = KNOWN.get(mesh);
  if (!bySolver) {
    bySolver = new WeakMap();
    KNOWN.set(mesh, bySolver);
  }
  let known = bySolver.get(solver);
  if (!known) {
    known = { plaintext: new WeakMap(), mtls: new WeakMap(), shapes: new Map() };
    bySolver.set(solver, known);
  }
  return known;
}

function anonymousOf(region: Region): Sources {
  const anonymous = findIn(region, EVERYTHING);
  return { ...(anonymous ? { anonymous } : {}), named: [], refused: [] };
}

function identifiedOf(enforcement: Enforcement, region: Region): Sources {
  const { pool } = symbolicOf(enforcement);
  const as = (identity: Principal): Witness | undefined => {
    return findIn(region, literal(PEER, pool.exactly([identity])));
  };
  const unnamed = strangerOf(enforcement.configOf(region.destination.workload).trustDomain.value);
  const stranger = as(unnamed);
  return new Identified(stranger, () => classesOf(enforcement, region, unnamed), as);
}

/** Who is named is worked out when somebody asks: where any identity gets in, hardly anybody does. */
class Identified implements Sources {
  readonly stranger?: Witness;
  readonly #classes: () => Iterable<readonly Principal[]>;
  readonly #as: (identity: Principal) => Witness | undefined;
  #result: Pick<Sources, 'named' | 'refused'> | undefined;

  constructor(
    stranger: Witness | undefined,
    classes: () => Iterable<readonly Principal[]>,
    as: (identity: Principal) => Witness | undefined,
  ) {
    if (stranger) this.stranger = stranger;
    this.#classes = classes;
    this.#as = as;
  }

  get named(): Sources['named'] {
    return this.#solved.named;
  }

  get refused(): Sources['refused'] {
    return this.#solved.refused;
  }

  get #solved(): Pick<Sources, 'named' | 'refused'> {
    if (!this.#result) {
      const named: { identities: readonly Principal[]; witness: Witness }[] = [];
      const refused: Principal[] = [];
      for (const identities of this.#classes()) {
        const [first] = identities;
        const witness = first && this.#as(first);
        if (witness) named.push({ identities, witness });
        else refused.push(...identities);
      }
      this.#result = { named, refused: refused.sort() };
    }
    return this.#result;
  }
}

export type NamedPolicy = Pick<Resource, 'namespace' | 'name'>;

/** The sources of a region that differs from an earlier one in nothing but the names in its policies. */
export class RenamedSources implements Sources {
  readonly anonymous?: Witness;
  readonly stranger?: Witness;
  readonly region: Region;
  readonly likeness: Likeness;
  readonly first: First;
  readonly #pool: SetPool;
  #classes: Sources['named'] | undefined;
  #named: Sources['named'] | undefined;

  constructor(pool: SetPool, region: Region, likeness: Likeness, first: First) {
    this.#pool = pool;
    // Neither of them has one of the names, so that their requests are the same.
    const { anonymous, stranger } = first.sources;
    if (anonymous) this.anonymous = anonymous;
    if (stranger) this.stranger = stranger;
    this.region = region;
    this.likeness = likeness;
    this.first = first;
  }

  /** Those that are named, in the order of the first region; `named` has them in the order of their own names. */
  get classes(): Sources['named'] {
    this.#classes ??= this.first.sources.named.map(({ identities, witness }) => {
      const own = this.renameAll(identities);
      return { identities: own, witness: own[0] === undefined ? witness : this.#as(own[0], witness) };
    });
    return this.#classes;
  }

  get named(): Sources['named'] {
    this.#named ??= [...this.classes].sort(byFirstName);
    return this.#named;
  }

  get refused(): Sources['refused'] {
    return this.renameAll(this.first.sources.refused);
  }

  /** Sorted. */
  renameAll(identities: readonly Principal[]): readonly Principal[] {
    const own = identities.map((identity) => this.rename(identity));
    return own.length > 1 ? own.sort() : own;
  }

  /** Identities that a namespace or a pattern tells apart are the same in all regions of a shape. */
  rename(identity: Principal): Principal {
    return this.likeness.names[this.first.likeness.names.indexOf(identity)] ?? identity;
  }

  /** The policy at the same place. */
  renamePolicy(policy: NamedPolicy): Resource {
    const first: readonly NamedPolicy[] = this.first.likeness.policies;
    const own = this.likeness.policies[first.indexOf(policy)];
    if (!own) throw new TypeError(`${policy.namespace}/${policy.name} is none of the policies`);
    return own;
  }

  #as(identity: Principal, { model }: Witness): Witness {
    const { region } = this;
    const own = literal(PEER, this.#pool.exactly([identity]));
    return {
      source: own,
      get formula() {
        return all([region.passes, own]);
      },
      model: {
        values: (axis) => (axis.key === PEER.key ? [identity] : model.values(axis)),
        get axes() {
          return model.axes;
        },
      },
    };
  }
}

interface Named {
  readonly identities: readonly Principal[];
}

export function byFirstName(a: Named, b: Named): number {
  const [left = '', right = ''] = [a.identities[0], b.identities[0]];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Identities that some condition tells from the stranger, grouped by which sets they lie in. */
function classesOf(enforcement: Enforcement, region: Region, stranger: Principal): Iterable<readonly Principal[]> {
  const sets = peerSets(region.mayPass);
  const classes = new Map<string, Principal[]>();
  for (const identity of toldApart(enforcement, sets, stranger)) {
    const key = sets.map((set) => (isIn(set, identity) ? '1' : '0')).join('');
    const members = classes.get(key);
    if (members) members.push(identity);
    else classes.set(key, [identity]);
  }
  return classes.values();
}

function findIn({ solver, passes, mayPass }: Region, source: Formula): Witness | undefined {
  for (const set of passes === mayPass ? [passes] : [passes, mayPass]) {
    const formula = all([set, source]);
    const model = solver.find(formula);
    if (model) return { source, formula, model };
  }
  return undefined;
}

/** The sets of identities that a formula tells apart. */
export function peerSets(formula: Formula): readonly TextSet[] {
  const found = new Map<number, TextSet>();
  const pending = [formula];
  for (let part = pending.pop(); part; part = pending.pop()) {
    if (part.kind !== 'literal') pending.push(...part.of);
    else if (part.axis === PEER && part.set.kind === 'text') found.set(part.set.id, part.set);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** Identities of the input, and those written out in full, that are in a set that the stranger is not in, or the reverse; sorted. */
function toldApart(enforcement: Enforcement, sets: readonly TextSet[], stranger: Principal): readonly Principal[] {
  const { mesh } = enforcement;
  const own = stranger.slice(0, stranger.indexOf('/') + 1);
  const found = new Set<Principal>();
  for (const set of sets) {
    const { words, namespaces } = set;
    // Asks the indexes first: looking through all identities for every set would be quadratic.
    if (words) {
      for (const word of words as readonly Principal[])
        if (mesh.identities.has(word) || word.startsWith(own)) found.add(word);
    } else if (namespaces) {
      for (const identity of namespaces.flatMap((namespace) => enforcement.identitiesOf(namespace)))
        if (isIn(set, identity)) found.add(identity);
    } else {
      for (const identity of identityIndexOf(mesh).find(set.machine, !isIn(set, stranger))) found.add(identity);
    }
  }
  return [...found].sort();
}

const isIn = (set: TextSet, identity: Principal): boolean =>
  set.words ? set.words.includes(identity) : matchesWord(set.machine, identity);

const BY_IDENTITY = new WeakMap<Sources, ReadonlyMap<Principal, Witness>>();

/** A request that an identity may send in a region, as far as who it is goes; null: without an identity. */
export function witnessAs(enforcement: Enforcement, region: Region, identity: Principal | null): Witness | undefined {
  const sources = sourcesOf(enforcement, region);
  if (region.transport === 'plaintext') return sources.anonymous;
  if (identity === null) return undefined;
  let named = BY_IDENTITY.get(sources);
  if (!named) {
    named = new Map(
      sources.named.flatMap(({ identities, witness }) => identities.map((member) => [member, witness] as const)),
    );
    BY_IDENTITY.set(sources, named);
  }
  return named.get(identity) ?? (sources.refused.includes(identity) ? undefined : sources.stranger);
}
