import type { Proof, SeenProxy } from './evidence.ts';

/** What one proxy shows of one fact. */
export type Shown = { readonly state: 'agrees' } | { readonly state: 'contradicted' | 'open'; readonly why: string };
export const AGREES: Shown = { state: 'agrees' };
export const contradicts = (why: string): Shown => ({ state: 'contradicted', why });

/** How many of a workload's replicas were looked into. */
export interface Extent {
  readonly whole: boolean;
  readonly text: string;
}

/** `alike`: replicas that hold the same by what istiod says. */
export function extentOf(proxies: readonly SeenProxy[], replicas: number | undefined, alike = 0): Extent {
  const old = proxies.filter(({ isOld }) => isOld);
  const byClass = alike === 0 ? '' : `, ${alike} more by class: they took the same push`;
  const count = `${proxies.length} of ${replicas ?? 'an unknown number of'} replica${replicas === 1 ? '' : 's'}${byClass}`;
  if (old.length > 0) return { whole: false, text: `${count}, seen more than 24 h before the newest evidence` };
  return { whole: replicas !== undefined && proxies.length + alike >= replicas, text: count };
}

/** What all of them together prove. */
export function proofOf({ whole, text }: Extent, all: readonly Shown[]): Proof {
  for (const state of ['contradicted', 'open'] as const) {
    const found = all.find((shown) => shown.state === state);
    if (found && found.state !== 'agrees') return { state, why: found.why };
  }
  return { state: whole ? 'verified' : 'loaded', why: `loaded and captured, ${text}` };
}
