import { expect, it } from 'vitest';
import { differing } from '../replay/replay.ts';
import { replayWaypoints } from '../replay/waypoint.ts';

it('waypoints decide as recorded from istiod and Envoy', () => {
  const answers = replayWaypoints();
  expect(differing(answers)).toEqual([]);
  expect(answers).toHaveLength(895);
});
