import { describe, expect, it } from 'vitest';
import { ztunnelSays } from '../../../test/ambient-scene.ts';
import { sample } from '../../../test/seen-mesh.ts';
import { recogniseForm } from '../observations/recognise.ts';
import { keepObservation, type KeptObservation } from './keep-observation.ts';
import { keptObservations, toLine } from './kept-observation.ts';

function keep(text: string): KeptObservation {
  const read = recogniseForm(text)?.read(text, { file: 'shop/a', cluster: '', at: '2026-11-26T05:00:00.000Z' });
  const [observation] = read && 'observations' in read ? read.observations : [];
  return keepObservation(observation as KeptObservation);
}

const throughBundle = (kept: KeptObservation) => keptObservations([JSON.parse(JSON.stringify(toLine(kept)))]);

describe('what is kept of a dump', () => {
  it.each([
    ['Envoy', sample('config_dump.json')],
    ['an Envoy that rejects', sample('config_dump-nack.json')],
    ['ztunnel', ztunnelSays()],
    ['istiod', sample('syncz.json')],
  ])('comes out of a bundle as it went in: %s', (_name, text) => {
    const kept = keep(text);
    expect(throughBundle(kept)).toEqual([kept]);
  });

  it('is small, and holds neither what leaves the pod nor anything of filters that do not decide', () => {
    const kept = JSON.stringify(keep(sample('config_dump.json')));
    expect(kept.length).toBeLessThan(sample('config_dump.json').length / 10);
    expect(kept).toContain('envoy.filters.http.cors');
    expect(kept).not.toMatch(/route_config|access_log|sds_config|text_format/);
  });

  it('is refused where a line holds something else', () => {
    const line = JSON.parse(JSON.stringify(toLine(keep(sample('syncz.json')))));
    expect(keptObservations([{ ...line, proxies: [{ pod: 1 }] }])).toBeUndefined();
    expect(keptObservations([{ ...line, kind: 'access-log' }])).toBeUndefined();
    expect(keptObservations([line, {}])).toBeUndefined();
  });
});
