import type { By } from '../../result/location.ts';
import type { Resource } from '../../model/resource.ts';

/** A part of a proxy that decides on access. */
export type Control = 'RBAC' | 'JWT authentication' | 'external authorization' | 'mutual TLS';

/** What an object that changes proxies from outside the security API does to their verdicts. Reference §9.1, §15.9. */
export type ProxyEffect =
  /** `certain`: it does so for every connection of the port; else it may. `replaced`: something else stands in its place. */
  | { readonly kind: 'removes'; readonly control: Control; readonly certain: boolean; readonly replaced: boolean }
  /** Code that may rewrite a request before policies read it. */
  | { readonly kind: 'rewrites' }
  /** The same after policies: only what lies behind reads it. */
  | { readonly kind: 'rewrites-later' }
  /** Not worked out; `what` is the part that it may change. */
  | { readonly kind: 'unclear'; readonly what: string };

export interface ProxyChange {
  readonly object: Pick<Resource, 'kind' | 'namespace' | 'name'>;
  readonly by: By;
  /** Of an EnvoyFilter: which of its patches. */
  readonly patch?: number;
  /** What it does, to be named: `patch 2: REMOVE envoy.filters.http.rbac`. */
  readonly text: string;
  readonly effect: ProxyEffect;
  readonly chain: 'http' | 'tcp' | 'any';
  /** Null: all ports. */
  readonly ports: readonly number[] | null;
}

/** `EnvoyFilter shop/lua`. */
export const objectOf = ({ object: { kind, namespace, name } }: ProxyChange): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

/** The assumption under which a verdict holds although the object is there. */
export function assumptionOf(change: ProxyChange): string {
  const { effect, text } = change;
  switch (effect.kind) {
    case 'removes':
      return `${objectOf(change)} leaves ${effect.control} alone (${text})`;
    case 'unclear':
      return `${objectOf(change)} leaves ${effect.what} alone (${text})`;
    case 'rewrites':
      return `${objectOf(change)} leaves alone what policies read of a request (${text})`;
    case 'rewrites-later':
      return `${objectOf(change)} leaves alone what policies behind it read of a request (${text})`;
    default:
      return effect satisfies never;
  }
}
