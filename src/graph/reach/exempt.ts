import { claimAxis, METHOD, PATH, PEER } from '../../semantics/algebra/axes.ts';
import type { ChainSets } from '../../semantics/algebra/chain-formula.ts';
import {
  all,
  type Axis,
  EVERYTHING,
  constant,
  type Formula,
  literal,
  NOTHING,
} from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { valueGlobs } from '../../semantics/algebra/strings/patterns.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';

/** Requests that an invariant lets pass: those that fit everything that is given. Values as in policies: exact, `prefix*`, `*suffix`, `*`. */
export interface Unless {
  /** A token that the destination validates: `any`, or of this issuer. */
  readonly jwt?: string;
  readonly principals?: readonly string[];
  readonly ports?: readonly number[];
  readonly http?: { readonly methods?: readonly string[]; readonly paths?: readonly string[] };
}

/** The exempt requests of a region. */
export function exemptIn(enforcement: Enforcement, region: Region, unless: Unless | undefined): Formula {
  const { point, protocol, destination } = region;
  const sets = point && point.kind !== 'ztunnel' ? point.sets : undefined;
  return exempt(enforcement, unless, {
    sets,
    protocol,
    port: destination.port,
    identified: region.transport === 'mtls',
  });
}

interface Place {
  readonly sets: Pick<ChainSets, 'hasToken'> | undefined;
  readonly protocol: 'http' | 'tcp';
  readonly port: number;
  readonly identified: boolean;
}

export function exempt(enforcement: Enforcement, unless: Unless | undefined, place: Place): Formula {
  if (!unless) return NOTHING;
  const { pool } = symbolicOf(enforcement);
  const { jwt, principals, ports, http } = unless;
  const on = (axis: Axis, values: readonly string[], key: string): Formula =>
    literal(
      axis,
      pool.words(JSON.stringify([key, values]), axis === PATH ? 'before-query' : 'as-is', () =>
        values.flatMap((value) => valueGlobs(value)),
      ),
    );
  const isIssuer = jwt === undefined || jwt === 'any' ? EVERYTHING : literal(claimAxis(['iss']), pool.exactly([jwt]));
  return all([
    ...(jwt === undefined ? [] : [place.sets?.hasToken ?? NOTHING, isIssuer]),
    ...(principals ? [place.identified ? on(PEER, principals, 'exempt') : NOTHING] : []),
    ...(ports ? [constant(ports.includes(place.port))] : []),
    ...(http && place.protocol === 'tcp' ? [NOTHING] : []),
    ...(http?.methods ? [on(METHOD, http.methods, 'exempt')] : []),
    ...(http?.paths ? [on(PATH, http.paths, 'exempt')] : []),
  ]);
}
