import type { Facts } from './facts.ts';

/** Facts with some of them in place of others; what is worked out when first asked for still is. */
export function factsWith(facts: Facts, instead: Partial<Pick<Facts, 'mesh' | 'wanted' | 'sensitivity'>>): Facts {
  return {
    mesh: instead.mesh ?? facts.mesh,
    enforcement: facts.enforcement,
    ...(facts.evidence ? { evidence: facts.evidence } : {}),
    ports: facts.ports,
    sensitivity: instead.sensitivity ?? facts.sensitivity,
    get wanted() {
      return instead.wanted ?? facts.wanted;
    },
    get traffic() {
      return facts.traffic;
    },
    get entrances() {
      return facts.entrances;
    },
    isComplete: facts.isComplete,
  };
}
