import type { Workload } from '../../model/inventory/types.ts';
import type { Position } from '../../semantics/attempt.ts';
import { actorOf, type AttackGraph } from './attack-graph.ts';
import type { Foothold } from './foothold.ts';
import { type Actor, type Grant, isGranted } from './grant.ts';
import type { NetworkPlaces } from './network-places.ts';

/** Whether an actor gets through an opening: by who it is, and by where it is. */
export function canUse(grant: Grant, actor: Actor, network: NetworkPlaces): boolean {
  if (
    !isGranted(grant, actor) ||
    isMeant(grant, actor) ||
    !isAdmitted(grant, { kind: 'workload', workload: actor.place }, network)
  )
    return false;
  if (!('through' in grant)) return true;
  const { gateway, direct } = grant.through;
  if (actor.place === gateway) return false;
  return !direct.some((own) => canUse(own, actor, network));
}

/** Whether the call of an actor is wanted, whoever else gets in by the opening. */
export const isMeant = ({ meant }: Grant, { place, isBorrowed }: Actor): boolean => !isBorrowed && meant.has(place.id);

/** Whether an opening is for anybody, and the network lets in those who start at a place without any identity. */
export function canUseFrom(grant: Grant, { kind }: Foothold, network: NetworkPlaces): boolean {
  if (kind !== 'pod-outside-mesh' && kind !== 'node-network') return false;
  if (grant.who.kind !== 'anyone' || !isAdmitted(grant, { kind }, network)) return false;
  return !('through' in grant) || !grant.through.direct.some((own) => canUseFrom(own, { kind }, network));
}

/** Where an opening is asked for: what it leads to, or the gateway before it. */
export const placeAsked = (grant: Grant): Workload =>
  'through' in grant ? grant.through.query.destination.workload : grant.workload;

/** Whether packets get from a place to where an opening is asked for: to the port, or to the gateway before it. */
export function isAdmitted(grant: Grant, position: Position, network: NetworkPlaces): boolean {
  if ('through' in grant) {
    const { destination, transport } = grant.through.query;
    const { workload: gateway, port } = destination;
    return network.admits(position, gateway, { port, transport }, 'plaintext') !== 'deny';
  }
  const { workload, port, region } = grant;
  return (
    network.admits(position, workload, port, position.kind === 'workload' ? region.transport : 'plaintext') !== 'deny'
  );
}

/** Whose wanted calls an attacker at a foothold makes: its own, or those of whoever holds the identity that was taken. */
export function callersAt({ facts }: AttackGraph, foothold: Foothold): readonly Workload[] {
  if (foothold.kind === 'workload') return [foothold.workload];
  const identity = actorOf(foothold)?.identity;
  return identity ? (facts.mesh.identities.get(identity) ?? []) : [];
}
