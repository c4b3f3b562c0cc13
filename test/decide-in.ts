import type { Request } from '../src/result/request.ts';
import { decideRequest } from '../src/semantics/decide-request.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import type { TraceStep, Verdict } from '../src/semantics/verdict.ts';
import { meshOf } from './mesh-of.ts';
import { type Manifest, meshText } from './small-mesh.ts';

export interface Decided extends Verdict {
  /** The last step that tells what the client's own proxy makes of it. */
  readonly sent: TraceStep | undefined;
}

/** Decides a request in a mesh of these manifests; throws where it cannot be resolved. */
export function decideIn(manifests: readonly Manifest[], request: Request): Decided {
  const verdict = decideRequest(new Enforcement(meshOf(meshText(manifests)).mesh), request);
  if ('error' in verdict) throw new Error(`${verdict.error}; ${verdict.help}`);
  return { ...verdict, sent: verdict.trace.findLast(({ stage }) => stage === 'outbound') };
}

/** An object of a networking kind. */
export function networking(
  kind: 'DestinationRule' | 'VirtualService' | 'ServiceEntry' | 'Sidecar' | 'WorkloadEntry',
  namespace: string,
  name: string,
  spec: Manifest,
  metadata: Manifest = {},
): Manifest {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace, ...metadata }, spec };
}
