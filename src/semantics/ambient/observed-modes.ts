import type { Clause, Group } from './authorization.ts';
import type { ZtunnelPolicies } from './compile.ts';
import type { TransportVariant } from './peer-authentication.ts';

/**
 * The same with modes that a ztunnel was seen to hold: where it lets plaintext in on a port, what PeerAuthentication became says nothing of that
 * port (method.md, rule 4). Where it is stricter than configured, who gets in is left as configured: no object says so, and it only closes.
 */
export function withObservedModes(
  policies: ZtunnelPolicies,
  observed: ReadonlyMap<number, 'STRICT' | 'PERMISSIVE' | 'DISABLE'>,
): ZtunnelPolicies {
  const modes = new Map([...observed].map(([port, mode]) => [port, mode === 'STRICT' ? mode : 'PERMISSIVE'] as const));
  if (modes.size === 0) return policies;
  const open = [...modes].filter(([, mode]) => mode === 'PERMISSIVE').map(([port]) => port);
  const { transport } = policies;
  return {
    ...policies,
    observed: modes,
    transport: {
      ...transport,
      variants: transport.variants.map((variant) => without(variant, open)),
      late: transport.late.map((variant) => without(variant, open)),
    },
  };
}

function without(variant: TransportVariant, ports: readonly number[]): TransportVariant {
  if (ports.length === 0) return variant;
  const elsewhere: Clause = { path: [], matches: [{ notDestinationPorts: ports }] };
  const narrowed = (group: Group): Group => ({ ...group, clauses: [...group.clauses, elsewhere] });
  return {
    ...variant,
    authorizations: variant.authorizations.map((each) => ({ ...each, groups: each.groups.map(narrowed) })),
  };
}
