import type { Workload } from '../../model/inventory/types.ts';
import type { EnvoyDump } from '../../model/observation/envoy-dump.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import { configuredServing } from './configured-serving.ts';
import { loadedServing, NOT_DUMPED } from './loaded-serving.ts';
import { describeTerms, type Serving, type Terms } from './serving.ts';

/** What a gateway was seen to serve at a port beside what it is to serve. */
export interface ServingComparison {
  readonly port: number;
  readonly tls: readonly ServingDifference[];
  readonly routes: readonly ServingDifference[];
  /** Why routes of some hosts, or all, were not compared. */
  readonly open: readonly string[];
}

export interface ServingDifference {
  readonly what: string;
  readonly looser?: 'proxy' | 'configuration';
  /** A request that the two treat differently. */
  readonly witness: Query;
}

export const PATCHED = 'a patch of the proxy (EnvoyFilter, plugin) that is not worked out';

/** Where something patches the proxy, what differs may be its doing: it is left open. */
export function compareServing(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
  dump: Pick<EnvoyDump, 'listeners' | 'routes'>,
): ServingComparison {
  const compared = compareAt(enforcement, workload, port, dump);
  const differs = compared.tls.length + compared.routes.length > 0;
  if (!differs || !isPatched(enforcement, workload)) return compared;
  return { port, tls: [], routes: [], open: [...compared.open, PATCHED] };
}

/** What changes listeners, chains and routes; filters of HTTP and clusters do not. */
const REACHES = /^(LISTENER|FILTER_CHAIN|NETWORK_FILTER|ROUTE_CONFIGURATION|VIRTUAL_HOST|HTTP_ROUTE)$/;

/** Whether an EnvoyFilter may reach it: its selector is not looked at, since what is left open by mistake contradicts nothing. */
const isPatched = ({ mesh, rootNamespace }: Enforcement, { namespace }: Workload): boolean =>
  mesh.resources
    .of('EnvoyFilter')
    .some(
      (filter) =>
        (filter.namespace === namespace || filter.namespace === rootNamespace) &&
        (filter.spec.configPatches ?? []).some(({ applyTo }) => REACHES.test(applyTo ?? '')),
    );

/**
 * Compares by name and by host: whether TLS ends there, what certificates are asked for, and which clusters requests may be led to. What each
 * route matches is not compared.
 */
function compareAt(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
  dump: Pick<EnvoyDump, 'listeners' | 'routes'>,
): ServingComparison {
  const loaded = loadedServing(dump, port);
  const configured = configuredServing(enforcement, workload, port);
  const witness = (name: string, host?: string): Query => witnessOf(workload, port, configured ?? loaded, name, host);
  const { complete } = enforcement.mesh.scope;
  const isWhole = complete.has('all') || complete.has('gateways');
  if (!loaded && !configured) return { port, tls: [], routes: [], open: [] };
  if (!configured && !isWhole) return { port, tls: [], routes: [], open: [NOT_IN_INPUT] };
  if (!loaded || !configured) {
    const [name = '*'] = (loaded ?? configured)?.names.keys() ?? [];
    const difference: ServingDifference = loaded
      ? {
          what: 'the proxy listens there, and nothing in the input has it do so',
          looser: 'proxy',
          witness: witness(name),
        }
      : { what: 'the proxy does not listen there', looser: 'configuration', witness: witness(name) };
    return { port, tls: [difference], routes: [], open: [] };
  }
  const tls: ServingDifference[] = [];
  const open = new Set<string>();
  if (loaded.passesOn !== configured.passesOn && (configured.passesOn || isWhole))
    tls.push({
      what: loaded.passesOn
        ? 'the proxy passes TLS between proxies on, and no Gateway says AUTO_PASSTHROUGH'
        : 'the proxy passes no TLS between proxies on, and a Gateway says AUTO_PASSTHROUGH',
      looser: loaded.passesOn ? 'proxy' : 'configuration',
      witness: witness('*'),
    });
  for (const name of union(loaded.names, configured.names)) {
    if (!configured.names.has(name) && !isWhole) {
      open.add(NOT_IN_INPUT);
      continue;
    }
    const difference = compareTerms(name, loaded.names.get(name), configured.names.get(name));
    if (difference) tls.push({ ...difference, witness: witness(name) });
  }
  const routes: ServingDifference[] = [];
  if ([...loaded.hosts.keys()].some((key) => key.endsWith(` ${NOT_DUMPED}`))) open.add(NO_ROUTES);
  for (const key of open.has(NO_ROUTES) ? [] : union(loaded.hosts, configured.hosts)) {
    const [name = '*', host = '*'] = key.split(' ');
    // A name that only one side has is said above.
    if (!loaded.names.has(name) || !configured.names.has(name)) continue;
    const [here, there] = [loaded.hosts.get(key), configured.hosts.get(key)];
    const isUnknown = (side: Serving): boolean => side.hosts.has(key) && side.hosts.get(key) === undefined;
    if (isUnknown(loaded) || isUnknown(configured)) open.add(`where \`${host}\` is led is not worked out`);
    else if (JSON.stringify(here) === JSON.stringify(there)) continue;
    else if (!isWhole && isMore(here, there)) open.add(NOT_IN_INPUT);
    else routes.push({ what: describeRoutes(host, here, there), witness: witness(name, host) });
  }
  return { port, tls, routes, open: [...open].sort() };
}

/** Where the input does not claim to know all Gateways and routes. */
export const NOT_IN_INPUT = 'it serves more than the input has Gateways and routes for, and the input may not have all';
const NO_ROUTES = 'routes are not in the dump';

const isMore = (loaded: Led | undefined, configured: Led | undefined): boolean =>
  !configured ||
  (configured.to.every((cluster) => loaded?.to.includes(cluster)) &&
    (loaded?.redirects ?? false) >= configured.redirects);

const union = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): readonly string[] =>
  [...new Set([...a.keys(), ...b.keys()])].sort();

const ASKING = ['no certificate', 'a certificate if there is one', 'a certificate'] as const;

function compareTerms(
  name: string,
  loaded: Terms | undefined,
  configured: Terms | undefined,
): Omit<ServingDifference, 'witness'> | undefined {
  const whom = name === '*' ? 'for any name' : `for \`${name}\``;
  if (!loaded || !configured) {
    const [one, terms] = loaded ? ['the proxy', loaded] : ['the configuration', configured];
    const other = loaded ? 'nothing in the input serves it' : 'the proxy does not serve it';
    return (
      terms && { what: `${whom} ${one} ${describeTerms(terms)}; ${other}`, looser: loaded ? 'proxy' : 'configuration' }
    );
  }
  const [here, there] = [describeTerms(loaded), describeTerms(configured)];
  if (here !== there) {
    const side = strictness(loaded) - strictness(configured);
    return {
      what: `${whom} the proxy ${here}; the configuration ${there}`,
      ...(side === 0 ? {} : { looser: side < 0 ? ('proxy' as const) : ('configuration' as const) }),
    };
  }
  const [low, wanted] = [versionOf(loaded), versionOf(configured)];
  if (low === wanted || configured.tls?.minVersion === undefined) return undefined;
  return {
    what: `${whom} the proxy takes TLS from version 1.${low} on, the configuration from 1.${wanted} on`,
    looser: low < wanted ? 'proxy' : 'configuration',
  };
}

const strictness = ({ tls }: Terms): number => (tls ? 1 + ASKING.indexOf(tls.asksFor) : 0);

/** Envoy takes 1.2 for given, as a server. */
const versionOf = ({ tls }: Terms): number => Number(/1_(\d)$/.exec(tls?.minVersion ?? '')?.[1] ?? 2);

interface Led {
  readonly redirects: boolean;
  readonly to: readonly string[];
}

function describeRoutes(host: string, loaded: Led | undefined, configured: Led | undefined): string {
  const whom = host === '(bytes)' ? 'what comes' : `\`${host}\``;
  if (!loaded) return `the proxy has no routes for ${whom}; the configuration ${describeLeads(configured)}`;
  if (!configured) return `for ${whom} the proxy ${describeLeads(loaded)}; the configuration has no routes for it`;
  return `for ${whom} the proxy ${describeLeads(loaded)}; the configuration ${describeLeads(configured)}`;
}

function describeLeads(led: Led | undefined): string {
  if (!led) return 'does nothing';
  const to = led.to.map((cluster) => (cluster === 'answer' ? 'an answer of its own' : `\`${cluster}\``)).join(', ');
  return `leads to ${to || 'nothing'}${led.redirects ? ', plain HTTP to HTTPS' : ''}`;
}

/** From the internet, by the name and for the host. */
function witnessOf(workload: Workload, port: number, serving: Serving | undefined, name: string, host = name): Query {
  const terms = serving?.names.get(name);
  const named = (text: string): string =>
    text.replace(/^\*\.?/, (star) => (star === '*.' ? 'a.' : '')) || 'example.com';
  return {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null },
    destination: { workload, port },
    transport: 'TCP',
    ...(terms?.tls || name !== '*' ? { tls: { sni: named(name) } } : {}),
    ...(terms?.reads === 'bytes' ? {} : { http: { method: 'GET', path: '/', host: named(host), headers: [] } }),
  };
}
