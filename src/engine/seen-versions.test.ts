import { expect, it } from 'vitest';
import { changed, observed, sample } from '../../test/seen-mesh.ts';
import { readText } from '../collect/collect.ts';
import { seenVersion, skewNotes } from './seen-versions.ts';
import { toMesh } from './read-input.ts';

const dump = observed(sample('config_dump.json'), 'server.json');
const older = observed(changed(sample('syncz.json'), [/1\.32\.0/, '1.30.4']), 'syncz.json');

it('the version of proxies counts where nothing else tells it, and yields to what is stated', () => {
  const { objects } = readText(sample('manifests.yaml'), 'manifests.yaml');
  const raw = {
    objects,
    observations: dump,
    stated: {},
    provenance: { sources: [], skippedKinds: {} },
    diagnostics: [],
  };
  const version = seenVersion(dump);
  expect(version?.by).toBe('proxy demo/server-1, server.json');
  expect(toMesh({ ...raw, facts: {} }).mesh.version).toEqual(version);
  expect(toMesh({ ...raw, facts: { istioVersion: '1.29' } }).mesh.version).toEqual({
    value: '1.29',
    by: 'meshproof.yaml',
  });
  expect(toMesh({ ...raw, facts: {}, observations: [] }).mesh.version).toBeUndefined();
});

it('names proxies of several versions, the newest first', () => {
  expect(seenVersion(older)).toEqual({
    value: '1.32.0',
    by: 'proxy demo/client-b-1, syncz.json; beside it 1.30.4 (proxy demo/client-a-1, syncz.json)',
  });
  expect(skewNotes(older)[0]?.message).toContain('1.32.0 (proxy demo/client-b-1), 1.30.4 (proxy demo/client-a-1)');
  expect(skewNotes(dump)).toEqual([]);
});
