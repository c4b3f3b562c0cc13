import { expect, it } from 'vitest';
import { differing } from '../replay/replay.ts';
import { replayWaypoints } from '../replay/waypoint.ts';

/**
 * This recorder called the inner listener of the waypoint by itself, with an address that `source.ip` then saw. What comes over HBONE, as all real
 * traffic does, has no direct peer with an address: conformance/ways recorded that (`waypoint-ip-blocks-*`), and it wins.
 */
const PAST_THE_TUNNEL = ['wp-when-sourceip-deny/1'];

it('waypoints decide as recorded from istiod and Envoy, but for addresses that only a connection past the tunnel has', () => {
  const answers = replayWaypoints();
  expect(differing(answers).map(({ id }) => id)).toEqual(PAST_THE_TUNNEL);
  expect(answers).toHaveLength(895);
});
