import { describe, expect, it } from 'vitest';
import { CONDITIONAL, replayConformance } from '../replay/conformance.ts';
import { differing } from '../replay/replay.ts';

describe('as conformance/ recorded it from istiod and Envoy', () => {
  const { replayed } = replayConformance();
  const calls = replayed.filter(({ area }) => area.startsWith('calls'));

  it('sidecars decide', () => {
    const direct = replayed.filter((each) => !calls.includes(each));
    expect(differing(direct).filter(({ got }) => got !== CONDITIONAL)).toEqual([]);
    expect(direct.length).toBeGreaterThan(7000);
  });

  it('clients connect as their own sidecar is told, and servers answer', () => {
    expect(differing(calls)).toEqual([]);
    expect(calls.length).toBeGreaterThan(1300);
  });
});
