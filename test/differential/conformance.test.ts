import { expect, it } from 'vitest';
import { replayConformance } from '../replay/conformance.ts';

it('sidecars decide as conformance/ recorded it from istiod and Envoy', () => {
  const { replayed } = replayConformance();
  expect(replayed.filter(({ expected, got }) => expected !== got)).toEqual([]);
  expect(replayed.length).toBeGreaterThan(3000);
});
