import { expect, it } from 'vitest';
import { replayConformance } from '../replay/conformance.ts';
import { differing } from '../replay/replay.ts';

it('sidecars decide as conformance/ recorded it from istiod and Envoy', () => {
  const { replayed } = replayConformance();
  expect(differing(replayed)).toEqual([]);
  expect(replayed.length).toBeGreaterThan(7000);
});
