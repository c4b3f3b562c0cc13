import type { ProxyChange } from '../../semantics/patches/proxy-change.ts';

/** `patch 0: REMOVE envoy.filters.http.rbac takes RBAC away`. */
export function describeChange({ text, effect }: ProxyChange): string {
  switch (effect.kind) {
    case 'removes':
      return `${text} ${effect.certain ? 'takes' : 'may take'} ${effect.control} away${effect.replaced ? ', and puts something in its place' : ''}`;
    case 'rewrites':
      return `${text} puts code before policies, which read what it leaves of a request`;
    case 'rewrites-later':
      return `${text} puts code behind policies`;
    case 'unclear':
      return `${text} may change ${effect.what}`;
    default:
      return effect satisfies never;
  }
}
