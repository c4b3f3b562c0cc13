import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';

/** One request that is sent for a policy test, from a pod that exists. */
export interface Probe {
  readonly id: number;
  readonly suite: string;
  readonly name: string;
  readonly expect: 'allow' | 'deny';
  /** The probe from the same pod that has to pass for a refusal to count. */
  readonly control?: number;
  /** What the model is asked, with placeholders for values that are secret. */
  readonly request: Request;
  readonly source: Workload;
  /** `shop.payments.svc.cluster.local:80` */
  readonly authority: string;
  /** Absent: bytes over TCP. */
  readonly http?: ProbeHttp;
}

export interface ProbeHttp {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Headers whose values only the environment knows. */
  readonly secrets: readonly { readonly name: string; readonly prefix: string; readonly variable: string }[];
}

/** A case that is not sent, and why. */
export interface Skipped {
  readonly suite: string;
  readonly name: string;
  readonly why: string;
}

/** An environment variable that a probe needs. */
export interface Secret {
  readonly variable: string;
  /** `a token with iss=https://login.example.com, sub=alice` */
  readonly what: string;
}

export interface ProbePlan {
  readonly probes: readonly Probe[];
  readonly skipped: readonly Skipped[];
  readonly secrets: readonly Secret[];
}
