import { describe, expect, it } from 'vitest';
import { differing } from '../replay/replay.ts';
import { replayModes, replaySidecars } from '../replay/sidecar.ts';

describe('sidecars decide as recorded from istiod and Envoy', () => {
  const replayed = replaySidecars();

  it.each([
    ['objects that the webhook accepts', replayed.filter(({ accepted }) => accepted), 3949],
    ['objects that got in although the webhook refuses them', replayed.filter(({ accepted }) => !accepted), 281],
  ] as const)('%s', (_name, answers, count) => {
    expect(differing(answers)).toEqual([]);
    expect(answers).toHaveLength(count);
  });

  it('per port, with and without mutual TLS, as PeerAuthentication says', () => {
    const answers = replayModes();
    expect(differing(answers)).toEqual([]);
    expect(answers).toHaveLength(280);
  });
});
