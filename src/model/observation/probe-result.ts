import type { Request } from '../../result/request.ts';
import type { Seen } from './seen.ts';

/** What one probe of a policy test saw: a line of the file that `test --live` or its script writes. What it shows is worked out in `evidence`. */
export interface ProbeResult extends Seen {
  readonly kind: 'probe-result';
  /** Of the probe, within the file. */
  readonly id: number;
  readonly suite: string;
  readonly name: string;
  readonly expect: 'allow' | 'deny';
  /** The probe from the same pod that must have passed, so that a refusal says something. */
  readonly control?: number;
  /** What was sent, as in a policy test. */
  readonly request: Request;
  readonly pod: string;
  /** The program that sent it; `none`: no container of the pod has it; `failed`: nothing could be run in the pod. */
  readonly client: 'curl' | 'wget' | 'python3' | 'node' | 'bash' | 'none' | 'failed';
  /** Of the client; all end with the exit codes of curl. */
  readonly exit: number;
  /** HTTP status; 0: none came back. */
  readonly code: number;
  readonly server?: string;
  /** Known words of the mesh in the answer, as `RBAC: access denied`. No other part of an answer is kept. */
  readonly said?: string;
  /** Of the answer's body, or that came back on a TCP connection. */
  readonly bytes: number;
}
