import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, map, object, oneOf } from '../shape.ts';
import { workloadSelector } from './selector.ts';

const mutualTls = object({ mode: oneOf('UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT') }, { strict: true });

export const peerAuthentication = defineKind({
  name: 'PeerAuthentication',
  kind: 'PeerAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'Namespaced',
  decisive: true,
  shape: object({ selector: workloadSelector, mtls: mutualTls, portLevelMtls: map(mutualTls) }, { strict: true }),
});

export type PeerAuthentication = ResourceOf<typeof peerAuthentication>;
export type MutualTlsMode = NonNullable<Infer<typeof mutualTls>['mode']>;
