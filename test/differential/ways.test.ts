import { describe, expect, it } from 'vitest';
import { replayEgress } from '../replay/egress.ts';
import { replayGatewayWays } from '../replay/gateway-ways.ts';
import { differing } from '../replay/replay.ts';
import { replayWaypointWays } from '../replay/waypoint-ways.ts';

describe('as conformance/ recorded it from a whole istiod and an Envoy for each scene', () => {
  it.each([
    ['sidecars pick the cluster that a call goes to', replayEgress, 800],
    ['ingress gateways send requests there, and so', replayGatewayWays, 450],
    ['waypoints decide on callers over HBONE, and send what passes where', replayWaypointWays, 640],
  ] as const)('%s', (_name, replay, count) => {
    const replayed = replay();
    expect(differing(replayed)).toEqual([]);
    expect(replayed.length).toBeGreaterThan(count);
  });
});
