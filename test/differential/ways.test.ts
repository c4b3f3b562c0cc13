import { describe, expect, it } from 'vitest';
import { replayEgress } from '../replay/egress.ts';
import { differing } from '../replay/replay.ts';

describe('as conformance/ recorded it from istiod and Envoy, with the original destination kept', () => {
  it('sidecars pick the cluster that a call goes to', () => {
    const replayed = replayEgress();
    expect(differing(replayed)).toEqual([]);
    expect(replayed.length).toBeGreaterThan(700);
  });
});
