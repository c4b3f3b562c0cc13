import { expect, test } from 'vitest';
import { emptyResult, sampleResult, unknownResult } from '../../test/sample-result.ts';
import { headline, inputFolder, meshName, placeInFolder } from './headline.ts';

const named = (...names: string[]) => names.map((name) => ({ name, kind: 'manifests', documents: 1, sha256: '' }));

test.each([
  [['payments-prod/a.yaml', 'payments-prod/sub/b.yaml'], 'payments-prod'],
  [['../mesh/a.yaml', '../mesh/b.yaml'], 'mesh'],
  [['deploy/all.yaml'], 'all'],
  [['bundle.tar.gz'], 'bundle'],
  [['<stdin>'], '<stdin>'],
  [['a.yaml', 'b.yaml'], '2 inputs'],
  [['../a.yaml', '../b.yaml'], '2 inputs'],
  [['/srv/x/a.yaml', '/srv/y/b.yaml'], 'srv'],
  [[], 'no input'],
])('%j is called %s', (names, name) => {
  expect(meshName(named(...names))).toBe(name);
});

test('the folder that is left out of places is the one that all sources share', () => {
  expect(inputFolder(named('a/b/c.yaml', 'a/d.yaml'))).toBe('a/');
  expect(inputFolder(named('/a/c.yaml'))).toBe('/a/');
  expect(inputFolder(named('c.yaml', 'a/d.yaml'))).toBe('');
  expect(placeInFolder('a/')({ file: 'a/d.yaml', line: 3, column: 1 })).toBe('d.yaml:3');
  expect(placeInFolder('a/')({ cluster: 'prod', resourceVersion: '7' })).toBe('prod@7');
});

test('says mesh, version and by what, namespaces, workloads by data plane', () => {
  expect(headline(sampleResult())).toEqual([
    'payments-prod',
    'Istio 1.31 (istiod image)',
    '6 namespaces',
    '12 workloads: 8 sidecar, 1 ambient, 1 gateway, 2 outside the mesh',
  ]);
});

test('says what it does not know', () => {
  expect(headline(emptyResult()).slice(1)).toEqual(['Istio version unknown', '0 namespaces', 'no workloads']);
  expect(headline(unknownResult()).at(-1)).toBe('12 workloads: 12 with an unknown data plane');
});

test('names the number of clusters where there are several', () => {
  const { inventory } = sampleResult();
  expect(headline(sampleResult({ inventory: { ...inventory, clusters: ['a', 'b'] } }))).toContain('2 clusters');
});
