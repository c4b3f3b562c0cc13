import { describe, expect, it } from 'vitest';
import { replayEgress } from '../replay/egress.ts';
import { replayGatewayWays } from '../replay/gateway-ways.ts';
import { differing } from '../replay/replay.ts';
import { replayWaypointWays } from '../replay/waypoint-ways.ts';

describe('as conformance/ recorded it from a whole istiod and an Envoy for each scene', () => {
  it.each([
    ['sidecars pick the cluster that a call goes to', replayEgress, 800],
    ['ingress gateways send requests there, and so', replayGatewayWays, 450],
  ] as const)('%s', (_name, replay, count) => {
    const replayed = replay();
    expect(differing(replayed)).toEqual([]);
    expect(replayed.length).toBeGreaterThan(count);
  });

  /**
   * `ipBlocks` at a waypoint: over HBONE Envoy's direct remote address is that of an internal connection, which no block holds. The recording in
   * test/vectors put the address on a plain connection instead, and has the opposite; which of the two Istio's own build does is not settled.
   */
  it('waypoints decide on callers over HBONE, but for `ipBlocks`', () => {
    const replayed = replayWaypointWays();
    const sets = new Set(differing(replayed).map(({ id }) => id.split('/')[0]));
    expect([...sets]).toEqual(['waypoint-random-004', 'waypoint-random-010', 'waypoint-random-020']);
    expect(differing(replayed)).toHaveLength(13);
    expect(replayed).toHaveLength(590);
  });
});
