import type { Request } from '../../src/result/request.ts';
import type { Value } from '../live/fake-api-server.ts';
import { hostAt } from './world.ts';

/** A state of the mesh, beside what is always there. */
export interface Scene {
  readonly name: string;
  readonly objects: readonly Value[];
  /** Beside those that are sent in every scene. */
  readonly requests?: readonly Request[];
  /** What the pod of the gateway says of its proxy; else nothing. */
  readonly proxyConfig?: Readonly<Record<string, unknown>>;
}

/** A request of a pod to the first port of the Service. */
export function get(workload: string, path: string, headers: Readonly<Record<string, string>> = {}): Request {
  return {
    from: { workload },
    to: { service: 'demo/server', port: 80 },
    http: { method: 'GET', path, host: hostAt(80), headers },
  };
}
