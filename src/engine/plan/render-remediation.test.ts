import { expect, test } from 'vitest';
import { applyPatches } from '../../../test/apply-patches.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { textsIn } from '../../../test/texts-in.ts';
import type { Change } from '../../model/change/change.ts';
import type { Resource } from '../../model/resource.ts';
import { unedited } from './edit-files.ts';
import { renderRemediation } from './render-remediation.ts';

const policy = (name: string, more = ''): string =>
  `apiVersion: security.istio.io/v1beta1
kind: AuthorizationPolicy
metadata:
  name: ${name}
  namespace: shop
${more}spec:
  rules:   # all
  - {}
`;
const find = (text: string, name: string): Resource => {
  const found = meshOf(text).mesh.resources.find('AuthorizationPolicy', 'shop', name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const narrow = (resource: Resource): Change => ({
  kind: 'edit',
  resource,
  edits: [{ op: 'set', path: ['spec', 'rules', 0], value: { to: [{ operation: { ports: ['80'] } }] } }],
});
const deny = (beside: Resource): Change => ({
  kind: 'add',
  manifest: {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'd', namespace: 'shop' },
    spec: {},
  },
  beside,
});

test('each finding is a patch of the input as it is, exact to the line', () => {
  const text = policy('a');
  const render = renderRemediation(unedited(textsIn({ 'mesh.yaml': text })));
  const [first, again] = [render([narrow(find(text, 'a'))]), render([narrow(find(text, 'a'))])];
  expect(first).toEqual(again);
  expect(first.steps).toEqual([]);
  expect(applyPatches({ 'mesh.yaml': text }, first.patches)).toEqual({
    'mesh.yaml': text.replace('  - {}', '  - to:\n    - operation:\n        ports:\n        - "80"'),
  });
});

test('what something renders is told with its source, and the patch is of the file all the same', () => {
  const text = ['a', 'b', 'c', 'd'].map((name) => policy(name, '  labels: {helm.sh/chart: shop-1.0}\n')).join('---\n');
  const render = renderRemediation(unedited(textsIn({ 'mesh.yaml': text })));
  const { patches, steps } = render(['a', 'b', 'c', 'd'].map((name) => narrow(find(text, name))));
  expect(steps).toEqual([
    'AuthorizationPolicy shop/a, AuthorizationPolicy shop/b, AuthorizationPolicy shop/c and 1 more: made by Helm from chart shop-1.0: change the template of the chart, or its values',
  ]);
  expect(applyPatches({ 'mesh.yaml': text }, patches)['mesh.yaml']).not.toContain('{}');
});

test('without a file nothing looks like a patch of one, and new objects are files of their own', () => {
  const resource = find(policy('a'), 'a');
  const { patches, steps } = renderRemediation(unedited(textsIn({})))([narrow(resource), deny(resource)]);
  expect(steps).toEqual([
    'AuthorizationPolicy shop/a, AuthorizationPolicy shop/d: `mesh.yaml` is no file of the input: name the file as input',
  ]);
  const [edit, fresh] = patches;
  expect(edit?.diff.startsWith('--- AuthorizationPolicy shop/a (as it is read)')).toBe(true);
  expect(() => applyPatches({ 'mesh.yaml': policy('a') }, edit ? [edit] : [])).toThrow('is not there');
  expect(fresh).toMatchObject({ file: 'authorizationpolicy-shop-d.yaml', kind: 'new' });
  expect(Object.keys(applyPatches({}, fresh ? [fresh] : []))).toEqual(['authorizationpolicy-shop-d.yaml']);
});

test('a text that repeats what would change is left to the reader', () => {
  const shared = policy('a').replace('  - {}', '  - &all {}\n  - *all');
  const { patches, steps } = renderRemediation(unedited(textsIn({ 'mesh.yaml': shared })))([narrow(find(shared, 'a'))]);
  expect(steps).toEqual([expect.stringMatching(/^AuthorizationPolicy shop\/a: .*`&all`.*: change it by hand$/)]);
  expect(patches.map(({ diff }) => diff.split('\n')[0])).toEqual([expect.stringContaining('(as it is read)')]);
});
