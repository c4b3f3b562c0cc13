import type { Workload } from '../../model/inventory/types.ts';
import type { AmbientEntry } from '../../model/observation/ambient-state.ts';
import { all, type Formula, not } from '../../semantics/algebra/formula.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { policiesFormula } from '../../semantics/algebra/ztunnel-formula.ts';
import type { ZtunnelAuthorization } from '../../semantics/ambient/authorization.ts';
import { effectiveZtunnelMode, modesThatMayHold } from '../../semantics/ambient/effective-mode.ts';
import { findGroup, type ZtunnelView } from '../../semantics/ambient/evaluate.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { addressOf } from '../../semantics/query.ts';
import type { Difference } from '../envoy/compare-port.ts';
import type { LoadedAuthorization } from './read-authorization.ts';

type Mode = 'STRICT' | 'PERMISSIVE';

/** What ztunnel holds for one port of a workload beside what the configuration comes to. */
export interface ZtunnelComparison {
  readonly port: number;
  /** `configured`: what the engine goes by; `same`: also where the configuration leaves the mode open and this is one of those it may be. */
  readonly mode: { readonly loaded: Mode; readonly configured: Mode; readonly same: boolean };
  readonly differences: readonly Difference[];
  readonly open: readonly string[];
}

/** What applies to a workload of all that a ztunnel holds, PeerAuthentication's part by itself. */
export interface LoadedForWorkload {
  readonly transport: readonly LoadedAuthorization[];
  readonly policies: readonly LoadedAuthorization[];
}

/** What istiod makes of PeerAuthentication. Source: istio pilot/pkg/serviceregistry/ambient/authorization.go. */
const CONVERTED = /^(istio_converted_static_strict$|converted_peer_authentication_)/;

/**
 * Policies of the mesh and the namespace apply to all, others where the workload names them; a name that nothing has is passed over.
 *
 * Source: ztunnel src/state.rs (assert_rbac).
 */
export function policiesFor(
  { namespace, policies: named }: Pick<AmbientEntry, 'namespace' | 'policies'>,
  held: readonly LoadedAuthorization[],
): LoadedForWorkload {
  const applying = held.filter(
    (policy) =>
      !policy.isDryRun &&
      (policy.scope === 'GLOBAL' ||
        (policy.scope === 'NAMESPACE' && policy.namespace === namespace) ||
        (policy.scope === 'WORKLOAD_SELECTOR' && named.includes(policy.key))),
  );
  return {
    transport: applying.filter(({ name }) => CONVERTED.test(name)),
    policies: applying.filter(({ name }) => !CONVERTED.test(name)),
  };
}

/** Compares by meaning: policies are sets of connections, in whatever words and order they come. */
export function compareZtunnel(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
  { transport, policies }: LoadedForWorkload,
): ZtunnelComparison {
  const configured = enforcement.ztunnel(workload);
  const loaded = loadedMode(transport, port);
  const { mode } = effectiveZtunnelMode(configured, port);
  const open = [...new Set([...transport, ...policies].flatMap(({ unread }) => unread))].map(
    (what) => `${what} is not read`,
  );
  const comparison = {
    port,
    mode: { loaded, configured: mode, same: loaded === mode || modesThatMayHold(configured, port).has(loaded) },
  };
  const wanted = [...configured.deny, ...configured.allow];
  if (open.length > 0 || sameText(policies, wanted)) return { ...comparison, differences: [], open };
  const differences: Difference[] = [];
  const symbolic = symbolicOf(enforcement);
  const solver = symbolic.solverOf(enforcement, workload);
  // Plaintext that the mode refuses never gets as far as the policies.
  const ways = loaded === 'STRICT' && mode === 'STRICT' ? (['mtls'] as const) : (['mtls', 'plaintext'] as const);
  for (const way of ways) {
    const point = { pool: symbolic.pool, port, identified: way === 'mtls', destinationIp: addressOf({ workload }) };
    const held = policiesFormula(policies, point);
    const meant = policiesFormula(wanted, point);
    const look = (formula: Formula, passes: Difference['passes']): void => {
      try {
        const model = solver.find(formula);
        const region = { transport: way, protocol: 'tcp' as const, destination: { workload, port } };
        if (model) differences.push({ passes, what: 'verdict', witness: queryOfModel({ region, formula, model }) });
      } catch (error) {
        if (!(error instanceof SearchLimit)) throw error;
        open.push('the search for a difference was given up');
      }
    };
    look(all([held, not(meant)]), 'proxy');
    look(all([meant, not(held)]), 'configuration');
  }
  return { ...comparison, differences, open };
}

/** STRICT: what has no identity is refused, whoever it is. */
function loadedMode(transport: readonly LoadedAuthorization[], port: number): Mode {
  const view: ZtunnelView = {
    principal: '',
    namespace: '',
    serviceAccount: '',
    source: undefined,
    destination: undefined,
    port,
  };
  const denies = transport.some((policy) => policy.action === 'DENY' && findGroup(policy, view)?.certain);
  return denies ? 'STRICT' : 'PERMISSIVE';
}

/** Most often they are the same word for word, and nothing has to be worked out. */
function sameText(
  held: readonly Pick<ZtunnelAuthorization, 'action' | 'groups'>[],
  wanted: readonly Pick<ZtunnelAuthorization, 'action' | 'groups'>[],
): boolean {
  const textOf = (list: typeof held): string => JSON.stringify(list.map(plainly).sort());
  return textOf(held) === textOf(wanted);
}

const plainly = ({ action, groups }: Pick<ZtunnelAuthorization, 'action' | 'groups'>): string =>
  JSON.stringify([action, groups.map(({ clauses }) => clauses.map(({ matches }) => matches.map(sorted)))], bigints);

const sorted = (match: object): unknown => Object.entries(match).sort(([a], [b]) => (a < b ? -1 : 1));
const bigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
