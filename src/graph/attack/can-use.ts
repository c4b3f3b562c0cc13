import type { Workload } from '../../model/inventory/types.ts';
import { actorOf, type AttackGraph } from './attack-graph.ts';
import type { Foothold } from './foothold.ts';
import { type Actor, type Grant, isGranted } from './grant.ts';
import type { NetworkPlaces } from './network-places.ts';

/** Whether an actor gets through an opening: by who it is, and by where it is. */
export function canUse(grant: Grant, actor: Actor, network: NetworkPlaces): boolean {
  if (!isGranted(grant, actor)) return false;
  const { workload, port, region } = grant;
  return network.admits({ kind: 'workload', workload: actor.place }, workload, port, region.transport) !== 'deny';
}

/** Whether an opening is for anybody, and the network lets in those who start at a place without any identity. */
export function canUseFrom({ who, workload, port }: Grant, { kind }: Foothold, network: NetworkPlaces): boolean {
  return (
    who.kind === 'anyone' &&
    (kind === 'pod-outside-mesh' || kind === 'node-network') &&
    network.admits({ kind }, workload, port, 'plaintext') !== 'deny'
  );
}

/** Whose wanted calls an attacker at a foothold makes: its own, or those of whoever holds the identity that was taken. */
export function callersAt({ facts }: AttackGraph, foothold: Foothold): readonly Workload[] {
  if (foothold.kind === 'workload') return [foothold.workload];
  const identity = actorOf(foothold)?.identity;
  return identity ? (facts.mesh.identities.get(identity) ?? []) : [];
}
