import { byOf } from '../../../model/by.ts';
import type { EvidenceStatus } from '../../../result/status.ts';
import { type Foothold, footholdId } from '../foothold.ts';
import type { PivotEdge } from '../pivots/pivot.ts';
import { type Ask, findPower, type Power } from './allows.ts';
import type { Grant } from './grants.ts';
import type { Holder, Rights } from './rights.ts';

/** What a grant is good for. */
export interface Gain {
  /** `create pods in shop`. */
  readonly may: string;
  /** What follows, as a clause: `a pod there runs with any of its service accounts`. */
  readonly so: string;
  readonly targets: (holder: Holder) => Iterable<Foothold>;
  readonly gives?: 'reach';
  readonly status?: EvidenceStatus;
  readonly assumes?: readonly string[];
  /** Whether those who hold it may do the rest that it takes; absent: it takes nothing else. */
  readonly holds?: (holder: Holder) => boolean;
}

/** From everybody who holds the grant to what it is good for. */
export function* edgesOf(rights: Rights, grant: Grant, gain: Gain): Iterable<PivotEdge> {
  const { gives, status = 'INFERRED', assumes = [] } = gain;
  const cause = byOf(grant.binding);
  const all = [...grant.assumes, ...assumes];
  const whys = new Map<string, string>();
  for (const holder of rights.holdersOf(grant)) {
    if (gain.holds?.(holder) === false) continue;
    const { id } = holder.account;
    const who = holder.through ? `${id} (${holder.through})` : id;
    const why = whys.get(who) ?? `service account ${who} may ${gain.may} by ${grant.role}: ${gain.so}`;
    whys.set(who, why);
    const self = footholdId(holder.foothold);
    for (const to of gain.targets(holder)) {
      if (footholdId(to) === self) continue;
      yield { from: holder.foothold, to, cause, why, status, assumes: all, requires: [], ...(gives ? { gives } : {}) };
    }
  }
}

export interface Granted {
  readonly ask: Ask;
  readonly power: Power;
}

export function findPowers({ rules }: Pick<Grant, 'rules'>, asks: readonly Ask[]): readonly Granted[] {
  return asks.flatMap((ask) => {
    const power = findPower(rules, ask);
    return power ? [{ ask, power }] : [];
  });
}

const SHOWN = 3;

/** `create, patch deployments.apps of name web in shop`. */
export function describePowers(granted: readonly Granted[], { namespace }: Pick<Grant, 'namespace'>): string {
  const byVerbs = new Map<string, string[]>();
  for (const { ask, power } of granted) {
    const of = power.names ? ` named ${power.names.slice(0, SHOWN).join(', ')}` : '';
    const verbs = power.verbs.join(', ');
    const what = `${ask.resource}${ask.group ? `.${ask.group}` : ''}${of}`;
    byVerbs.set(verbs, [...(byVerbs.get(verbs) ?? []), what]);
  }
  const parts = [...byVerbs].map(([verbs, whats]) => {
    const more = whats.length > SHOWN ? ` and ${whats.length - SHOWN} more kinds` : '';
    return `${verbs} ${whats.slice(0, SHOWN).join(', ')}${more}`;
  });
  return `${parts.join(' and ')} in ${namespace === undefined ? 'every namespace' : namespace}`;
}

/** Grants that give everything everywhere have a pivot of their own, and are no news in any other. */
export function isClusterAdmin({ namespace, rules }: Grant): boolean {
  return namespace === undefined && findPower(rules, { group: '*', resource: '*', verbs: ['*'] }) !== undefined;
}

export const tier0 = (name: string): readonly Foothold[] => [{ kind: 'tier0', name }];
