import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all, type Formula, not } from '../../semantics/algebra/formula.ts';
import { REDACTED } from '../../model/redacted.ts';
import type { ChainPoint, ChainSets } from '../../semantics/algebra/chain-formula.ts';
import type { Solver } from '../../semantics/algebra/solver.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import type { Enforcement, EnvoyPolicies } from '../../semantics/enforcement.ts';
import { modeOfPort } from '../../semantics/mtls/effective-mode.ts';
import { acceptConnection } from '../../semantics/mtls/transport.ts';
import { addressOf, type Query } from '../../semantics/query.ts';
import { compareJwt } from './compare-jwt.ts';
import { type LoadedSets, loadedSets } from './loaded-sets.ts';
import { chainFor, chainsOfPort, type LoadedChain, type LoadedMtls, mtlsOf } from './read-chains.ts';

/** What a proxy holds for one port beside what the configuration comes to. */
export interface PortComparison {
  readonly port: number;
  /** Absent where PeerAuthentication does not govern the port. */
  readonly mtls?: { readonly loaded: LoadedMtls; readonly same: boolean };
  readonly differences: readonly Difference[];
  /** JWT rules that only one side has, in words. */
  readonly jwt: readonly string[];
  /** Why the JWT rules were not compared. */
  readonly hiddenTokens?: readonly string[];
  /** The policies in the proxy's filters, as `namespace/name`. */
  readonly policies: readonly string[];
  /** Why nothing is proven of the policies: matchers or filters that are not read here, or a search that was given up. */
  readonly open: readonly string[];
}

/** Requests that the proxy and the configuration treat differently. */
export interface Difference {
  /** Which of the two lets the witness through; `approval`: whether an external authorizer is asked. */
  readonly passes: 'proxy' | 'configuration';
  readonly what: 'verdict' | 'approval';
  readonly witness: Query;
}

/**
 * Compares by meaning: the filters are evaluated as sets of requests, and so are the policies. What is equal under any order, repetition or
 * other wording is no difference.
 */
export function comparePort(
  enforcement: Enforcement,
  workload: Workload,
  port: Pick<WorkloadPort, 'port' | 'chain'>,
  chains: readonly LoadedChain[],
): PortComparison {
  const here = chainsOfPort(chains, port.port);
  const mtls = mtlsOf(here);
  const { mode } = modeOfPort(enforcement.modes(workload), port.port);
  const bundle = [...enforcement.trustedDomains(enforcement.configOf(workload))].sort();
  const sameDomains = mtls.mode === 'DISABLE' || mtls.trustDomains.join() === [...new Set(bundle)].sort().join();
  const found = WAYS.flatMap(([transport, type]) => {
    const arrived = acceptConnection(mode, port.chain, { transport, speaksHttp: type === 'http' });
    const chain = chainFor(here, transport, type);
    // Who may connect at all is compared as the mode; a kind of chain that one side lacks is its business.
    if (!arrived.accepted || arrived.chain !== type || !chain) return [];
    return [compareWay(enforcement, workload, port.port, { transport, type, chain })];
  });
  return {
    port: port.port,
    mtls: { loaded: mtls, same: mtls.mode === mode && sameDomains },
    ...joined(found),
  };
}

/**
 * The same at a gateway, for each chain of a port, whether its callers have proven an identity or not. TLS is Gateways' affair and not compared.
 */
export function compareGatewayPort(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
  chains: readonly LoadedChain[],
): Omit<PortComparison, 'mtls'> {
  const different = new Map(chains.map((chain) => [JSON.stringify([chain.type, chain.filters]), chain]));
  const found = [...different.values()].flatMap((chain) =>
    (['mtls', 'plaintext'] as const).map((transport) =>
      compareWay(enforcement, workload, port, { transport, type: chain.type, chain }),
    ),
  );
  return { port, ...joined(found) };
}

export function joined(found: readonly WayComparison[]): Omit<PortComparison, 'mtls' | 'port'> {
  return {
    differences: found.flatMap(({ differences }) => differences),
    jwt: [...new Set(found.flatMap(({ jwt }) => jwt))],
    hiddenTokens: [...new Set(found.flatMap(({ hiddenTokens }) => hiddenTokens))],
    policies: [...new Set(found.flatMap(({ loaded }) => loaded.policies))].sort(),
    open: [...new Set(found.flatMap(({ open }) => open))].sort(),
  };
}

const WAYS = [
  ['mtls', 'http'],
  ['mtls', 'tcp'],
  ['plaintext', 'http'],
  ['plaintext', 'tcp'],
] as const;

interface Way {
  readonly transport: 'mtls' | 'plaintext';
  readonly type: 'http' | 'tcp';
  readonly chain: LoadedChain;
}

export interface WayComparison {
  readonly loaded: LoadedSets;
  readonly differences: readonly Difference[];
  readonly jwt: readonly string[];
  readonly hiddenTokens: readonly string[];
  readonly open: readonly string[];
}

function compareWay(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
  { transport, type, chain }: Way,
): WayComparison {
  const symbolic = symbolicOf(enforcement);
  const identified = transport === 'mtls';
  const bundle = enforcement.bundleOf(enforcement.configOf(workload));
  return compareSets(chain, {
    point: { pool: symbolic.pool, bundle, port, identified, destinationIp: addressOf({ workload }) },
    policies: enforcement.envoy(workload),
    readings: symbolic.sidecar(enforcement, workload, port, identified, type),
    solver: symbolic.solverOf(enforcement, workload),
    region: { transport, protocol: type, destination: { workload, port } },
  });
}

/** Where a chain stands, and what the configuration comes to there. */
export interface ConfiguredPoint {
  readonly point: ChainPoint;
  readonly policies: Pick<EnvoyPolicies, 'authorization' | 'providers'>;
  readonly readings: readonly ChainSets[];
  readonly solver: Solver;
  readonly region: Parameters<typeof queryOfModel>[0]['region'];
}

/** One chain of a proxy beside what the configuration comes to there, as sets of requests. */
export function compareSets(
  chain: LoadedChain,
  { point, policies: { authorization, providers }, readings, solver, region }: ConfiguredPoint,
): WayComparison {
  const { type } = chain;
  const loaded = loadedSets(chain, point);
  const [configured, ...others] = readings;
  const isHidden = type === 'http' && isWithheld([providers.map(({ rule }) => rule), loaded.jwt]);
  const jwt = type === 'http' && !isHidden ? compareJwt(providers, loaded.jwt) : [];
  const hiddenTokens = isHidden ? ['a JWT rule rests on a value that was not kept'] : [];
  const open = [...loaded.unread.map((name) => `${name} is not read`), ...hiddenTokens];
  for (const { namespace, name, spec } of authorization)
    if (isWithheld(spec)) open.push(`${namespace}/${name} rests on a value that was not kept`);
  if (!configured || others.length > 0) open.push('a patch of the proxy (EnvoyFilter, plugin) that is not worked out');
  if (!configured || open.length > 0 || jwt.length > 0) return { loaded, differences: [], jwt, hiddenTokens, open };
  const differences: Difference[] = [];
  const look = (formula: Formula, passes: Difference['passes'], what: Difference['what']): void => {
    const model = find(solver, formula);
    if (model === 'given up') open.push('the search for a difference was given up');
    else if (model) differences.push({ passes, what, witness: queryOfModel({ region, formula, model }) });
  };
  const asks = configured.asking.map(({ matches }) => matches);
  const configuredAsks = asks.length === 0 ? undefined : asks;
  look(all([loaded.passes, not(configured.passes)]), 'proxy', 'verdict');
  look(all([configured.passes, not(loaded.passes)]), 'configuration', 'verdict');
  const both = all([loaded.passes, configured.passes]);
  const asked: Formula = { kind: 'any', of: configuredAsks ?? [] };
  look(all([both, asked, not(loaded.asks)]), 'proxy', 'approval');
  look(all([both, loaded.asks, not(asked)]), 'configuration', 'approval');
  return { loaded, differences, jwt, hiddenTokens, open };
}

/** Nobody can tell whether a value that was not kept is the same as another. */
const isWithheld = (value: unknown): boolean => JSON.stringify(value).includes(REDACTED);

function find(solver: Solver, formula: Formula): ReturnType<Solver['find']> | 'given up' {
  try {
    return solver.find(formula);
  } catch (error) {
    if (error instanceof SearchLimit) return 'given up';
    throw error;
  }
}
