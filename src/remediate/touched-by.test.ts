import { expect, test } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import type { Change } from '../model/change/change.ts';
import { mayTouch } from './touched-by.ts';

const deployment = (name: string, namespace: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: c, image: c}]}}
`;

const { mesh } = loadMesh(
  readText([deployment('cart', 'shop'), deployment('api', 'bank')].join('---\n'), 'mesh.yaml').objects,
);
const [cart, api] = ['shop/cart', 'bank/api'].map((id) => mesh.workloads.find((workload) => workload.id === id));
if (!cart || !api) throw new Error('the mesh is not as it is written');

const policy = (kind: string, namespace: string, spec: unknown): Change => ({
  kind: 'add',
  manifest: { apiVersion: 'security.istio.io/v1', kind, metadata: { name: 'p', namespace }, spec: spec as object },
  beside: cart.resource,
});
const touched = (change: Change): readonly boolean[] =>
  [cart, api].map((each) => mayTouch(change, each, 'istio-system'));

test.each([
  ['a namespace', policy('AuthorizationPolicy', 'shop', {}), [true, false]],
  ['pods', policy('AuthorizationPolicy', 'shop', { selector: { matchLabels: { app: 'cart' } } }), [true, false]],
  ['other pods', policy('AuthorizationPolicy', 'shop', { selector: { matchLabels: { app: 'db' } } }), [false, false]],
  ['the mesh', policy('AuthorizationPolicy', 'istio-system', {}), [true, true]],
  ['a waypoint', policy('AuthorizationPolicy', 'shop', { targetRefs: [{ kind: 'Service', name: 'x' }] }), [true, true]],
  ['what clients see', policy('PeerAuthentication', 'shop', {}), [true, true]],
])('a policy for %s', (_, change, expected) => {
  expect(touched(change)).toEqual(expected);
});
