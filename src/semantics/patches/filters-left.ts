import type { CustomPolicies, PolicyChain } from '../authz/chain.ts';
import type { JwtProvider } from '../jwt/authenticate.ts';
import type { Control, ProxyChange } from './proxy-change.ts';

/** What decides on one chain. */
export interface Filters {
  readonly chain: PolicyChain;
  readonly providers: readonly JwtProvider[];
}

/** The changes that touch one kind of chain of a port. */
export function changesOn(
  changes: readonly ProxyChange[],
  type: PolicyChain['type'],
  port: number,
): readonly ProxyChange[] {
  return changes.filter(
    ({ chain, ports }) => (chain === 'any' || chain === type) && (ports === null || ports.includes(port)),
  );
}

/** The changes that may touch the mutual TLS of a sidecar's port: take it away, or something that is not worked out. */
export function changesOfTls(
  changes: readonly ProxyChange[],
  port: number,
): { readonly gone: readonly ProxyChange[]; readonly unclear: readonly ProxyChange[] } {
  const here = changes.filter(({ ports }) => ports?.includes(port) !== false);
  return {
    gone: here.filter(({ effect }) => effect.kind === 'removes' && effect.control === 'mutual TLS'),
    unclear: here.filter(({ effect }) => effect.kind === 'unclear' && effect.what === 'mutual TLS'),
  };
}

/** Whether some of what takes mutual TLS away leaves nothing that a client could make a handshake with. */
export const endsHandshakes = (gone: readonly ProxyChange[]): boolean =>
  gone.some(({ effect }) => effect.kind === 'removes' && !effect.replaced);

/**
 * The filters without those that patches take away for certain; after them, every other reading of those that may be gone as well.
 * The same objects each time, so that what is known of a chain is not lost.
 */
export function filtersLeft(changes: readonly ProxyChange[], filters: Filters): readonly [Filters, ...Filters[]] {
  if (changes.length === 0) return [filters];
  const certain = controlsOf(changes, true);
  const perhaps = [...controlsOf(changes, false)].filter((control) => !certain.has(control));
  const left = (gone: readonly Control[]): Filters => remembered(filters, new Set([...certain, ...gone]));
  // Every choice of them but none, by the bits of a number.
  const choices = Array.from({ length: 2 ** perhaps.length - 1 }, (_, choice) =>
    perhaps.filter((_control, bit) => ((choice + 1) >> bit) & 1),
  );
  return [left([]), ...choices.map(left)];
}

/** What mutual TLS comes to is decided where connections arrive. */
function controlsOf(changes: readonly ProxyChange[], certain: boolean): ReadonlySet<Control> {
  return new Set(
    changes.flatMap(({ effect }) =>
      effect.kind === 'removes' && effect.certain === certain && effect.control !== 'mutual TLS'
        ? [effect.control]
        : [],
    ),
  );
}

const LEFT = new WeakMap<PolicyChain, Map<string, Filters>>();

function remembered(filters: Filters, gone: ReadonlySet<Control>): Filters {
  if (gone.size === 0) return filters;
  const known = LEFT.get(filters.chain) ?? new Map<string, Filters>();
  LEFT.set(filters.chain, known);
  const key = [...gone].sort().join();
  const found = known.get(key) ?? without(filters, gone);
  known.set(key, found);
  return found;
}

/** RBAC gone takes CUSTOM with it: its shadow rules are what asks the external authorizer (reference §2.1). */
function without({ chain, providers }: Filters, gone: ReadonlySet<Control>): Filters {
  const asks = ({ effect }: CustomPolicies): boolean => effect === 'ask';
  const base = gone.has('RBAC') ? { ...chain, custom: [], audit: [], deny: [], allow: [] } : chain;
  return {
    chain: gone.has('external authorization') ? { ...base, custom: base.custom.filter((each) => !asks(each)) } : base,
    providers: gone.has('JWT authentication') ? [] : providers,
  };
}
