import type { Principal } from '../../model/inventory/types.ts';
import type { Claims } from './claims.ts';

/** What an Envoy sees of one request when it evaluates policies. `undefined`: the request does not say. */
export interface View {
  /** Null: no mesh identity was proven. */
  readonly peer: Principal | null;
  readonly sourceIp: string | undefined;
  readonly remoteIp: string | undefined;
  readonly destinationIp: string | undefined;
  readonly port: number;
  /** Lower-case; empty without TLS. */
  readonly sni: string;
  /** Absent on a TCP chain. */
  readonly http?: {
    readonly method: string;
    /** Normalised, with query. */
    readonly path: string;
    readonly authority: string;
    readonly headers: readonly (readonly [string, string])[];
  };
  /** Of the validated token; undefined without one. */
  readonly claims: Claims | undefined;
}

/** `undefined`: depends on something that the request does not say (an address). */
export type Truth = boolean | undefined;

export const not = (value: Truth): Truth => (value === undefined ? undefined : !value);
