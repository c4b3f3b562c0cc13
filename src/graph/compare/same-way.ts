import type { MeshConfig } from '../../model/mesh-config.ts';
import { basisOf, ChainRegion, type Region } from '../../semantics/algebra/region.ts';
import { isSameFormula } from '../../semantics/algebra/same-formula.ts';
import type { States } from './opened.ts';

/** Whether paths are read alike and certificates trusted alike, so that a value of a set stands for the same requests in both. */
export function isSameConfig(a: MeshConfig, b: MeshConfig): boolean {
  return a === b || textOf(a) === textOf(b);
}

const textOf = ({ trustDomain, trustDomainAliases, pathNormalization }: MeshConfig): string =>
  JSON.stringify([trustDomain.value, trustDomainAliases.value, pathNormalization.value]);

/** Two ways to a port whose policies are written alike: nothing is to be searched there. */
export function isSameSet({ before, after }: States, old: Region, now: Region): boolean {
  const [from, to] = [basisOf(old), basisOf(now)];
  if (from === to) return true;
  if (
    old instanceof ChainRegion &&
    now instanceof ChainRegion &&
    before.mesh.version?.value === after.mesh.version?.value
  ) {
    const [a, b] = [old.point.sets.likeness, now.point.sets.likeness];
    if (
      a &&
      a.shape === b?.shape &&
      a.names.length === b.names.length &&
      a.names.every((name, i) => name === b.names[i])
    )
      return true;
  }
  const known = KNOWN.get(from) ?? new WeakMap<object, boolean>();
  KNOWN.set(from, known);
  let isSame = known.get(to);
  if (isSame === undefined) {
    isSame = isSameFormula(old.passes, now.passes) && isSameFormula(old.mayPass, now.mayPass);
    known.set(to, isSame);
  }
  return isSame;
}

/** By what stands for everything that passes: ports whose policies are the same are compared once. */
const KNOWN = new WeakMap<object, WeakMap<object, boolean>>();
