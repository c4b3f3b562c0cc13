import type { Value } from '../live/fake-api-server.ts';
import { parseObjects } from './world.ts';

export const authorization = (name: string, spec: string, namespace = 'demo'): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
export const peer = (spec: string, namespace = 'demo'): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: ${namespace} }
spec: ${spec}
`;
export const all = (...texts: readonly string[]): readonly Value[] => texts.flatMap(parseObjects);
export const CLIENT_A = 'cluster.local/ns/demo/sa/client-a';
export const STRICT = peer('{ mtls: { mode: STRICT } }');
export const SERVER_ONLY = 'selector: { matchLabels: { app: server } }';
