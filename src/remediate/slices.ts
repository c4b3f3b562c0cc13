import type { Mesh } from '../model/inventory/types.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { type Applied, applyChanges, keepsOthers } from './apply-changes.ts';
import type { Rebuild } from './rebuild.ts';
import { type Change, objectOfChange } from '../model/change/change.ts';
import { cutMesh } from './rebuild-namespaces.ts';
import { sliceResources } from './slice.ts';

/** A mesh with changes that were not made to it yet. */
export interface SliceGround {
  readonly mesh: Mesh;
  readonly pending: readonly Change[];
  readonly rebuild: Rebuild;
}

/** The state of some namespaces on a ground, and after `more` on it. `next`: what it will be compared with, once made. What was asked for lately is kept. */
export function enforcementOf(
  ground: SliceGround,
  namespaces: ReadonlySet<string>,
  more: readonly Change[] = [],
  next: readonly Change[] = more,
): Applied {
  const { mesh, rebuild } = ground;
  const known = KNOWN.get(mesh) ?? new Map<string, Slice>();
  KNOWN.set(mesh, known);
  // Where all of a part is made again, gateways lose the ports that Gateways elsewhere open: before as after.
  const isCut = keepsOthers(mesh, next);
  const key = [isCut, ...namespaces].join(' ');
  const slice =
    known.get(key) ??
    new Slice(isCut ? cutMesh(mesh, namespaces) : rebuild(sliceResources(mesh.resources, namespaces)), rebuild);
  // Asked for last, dropped last.
  known.delete(key);
  known.set(key, slice);
  for (const oldest of known.keys()) {
    if (known.size <= MOST) break;
    known.delete(oldest);
  }
  return slice.after([...pendingIn(ground, namespaces), ...more]);
}

const MOST = 64;
const KNOWN = new WeakMap<Mesh, Map<string, Slice>>();

/** What steps before change in some namespaces, or for all of them. */
export function pendingIn(
  { pending }: Pick<SliceGround, 'pending'>,
  namespaces: ReadonlySet<string>,
): readonly Change[] {
  return pending.filter((change) => {
    const { kind, namespace, name } = objectOfChange(change);
    return kind === 'Namespace' ? namespaces.has(name) : namespace === '' || namespaces.has(namespace);
  });
}

/** A part of the mesh, as it was and as it last became: changes come one upon the other. */
class Slice {
  readonly #start: Enforcement;
  readonly #rebuild: Rebuild;
  #changes: readonly Change[] = [];
  #current: Enforcement;

  constructor(mesh: Mesh, rebuild: Rebuild) {
    this.#start = new Enforcement(mesh);
    this.#current = this.#start;
    this.#rebuild = rebuild;
  }

  after(changes: readonly Change[]): Applied {
    const goesOn = this.#changes.every((change, i) => change === changes[i]);
    const more = goesOn ? changes.slice(this.#changes.length) : changes;
    const base = goesOn ? this.#current : this.#start;
    const applied = more.length === 0 ? { enforcement: base } : applyChanges(base, more, this.#rebuild);
    if ('enforcement' in applied) {
      this.#changes = changes;
      this.#current = applied.enforcement;
    }
    return applied;
  }
}
