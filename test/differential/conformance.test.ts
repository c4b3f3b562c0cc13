import { describe, expect, it } from 'vitest';
import { replayConformance } from '../replay/conformance.ts';
import { differing } from '../replay/replay.ts';

describe('as conformance/ recorded it from istiod and Envoy', () => {
  const { replayed } = replayConformance();
  const calls = replayed.filter(({ area }) => area.startsWith('calls'));

  it('sidecars decide', () => {
    const direct = replayed.filter((each) => !calls.includes(each));
    expect(differing(direct)).toEqual([]);
    expect(direct.length).toBeGreaterThan(7000);
  });

  it('clients connect where no DestinationRule and no mode of the whole namespace stands against that of the port', () => {
    // What a DestinationRule of the client does is recorded and not decided yet (docs/accuracy.md).
    const plain = calls.filter(({ id }) => /^call-none-(?!workload-strict-under-disable)/.test(id));
    expect(differing(plain)).toEqual([]);
    expect(plain).toHaveLength(40);
  });
});
