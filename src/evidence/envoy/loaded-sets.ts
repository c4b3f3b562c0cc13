import { type ChainPoint, viewpointsAt } from '../../semantics/algebra/chain-formula.ts';
import { all, any, EVERYTHING, type Formula, NOTHING, not } from '../../semantics/algebra/formula.ts';
import type { JwtRule } from '../../model/istio/request-authentication.ts';
import type { Viewpoint } from '../../semantics/algebra/clause-formula.ts';
import { isObject } from '../../model/shape.ts';
import { at, textAt } from './json.ts';
import type { Place, Unread } from './place.ts';
import { rbacFormula } from './rbac-formula.ts';
import { readJwtRules } from './read-jwt-rules.ts';
import type { LoadedChain, LoadedFilter } from './read-chains.ts';

/** What a filter chain makes of requests, read from what the proxy holds. */
export interface LoadedSets {
  /** What passes, external approval taken for given. */
  readonly passes: Formula;
  /** What needs the approval of an external authorizer. */
  readonly asks: Formula;
  readonly jwt: readonly JwtRule[];
  /** The policies that its filters were made of, as `namespace/name`, by action. */
  readonly policies: readonly string[];
  /** Filters and matchers that may change the outcome and are not read here. With one of them nothing is proven. */
  readonly unread: readonly string[];
}

const HTTP_RBAC = 'envoy.filters.http.rbac';
const TCP_RBAC = 'envoy.filters.network.rbac';
const JWT = 'envoy.filters.http.jwt_authn';
const ASKS = ['envoy.filters.http.ext_authz', 'envoy.filters.network.ext_authz'];

/** Filters of istiod's that never refuse: they count, log, find out the peer, route, or tell what a protocol's messages say. */
const HARMLESS = new Set([
  'envoy.filters.http.cors',
  'envoy.filters.http.fault',
  'envoy.filters.http.grpc_stats',
  'envoy.filters.http.grpc_web',
  'envoy.filters.http.grpc_http1_bridge',
  'envoy.filters.http.router',
  'envoy.filters.http.alternate_protocols_cache',
  'envoy.filters.network.mongo_proxy',
  'envoy.filters.network.mysql_proxy',
  'envoy.filters.network.tcp_proxy',
  'envoy.filters.network.http_connection_manager',
  'istio.metadata_exchange',
  'istio.alpn',
  'istio.stats',
  'istio_authn',
  'envoy.filters.network.metadata_exchange',
  'envoy.filters.http.peer_metadata',
  'connect_authority',
  'waypoint_downstream_peer_metadata',
  'waypoint_upstream_peer_metadata',
]);

/** Evaluates the filters of a chain one after the other, as Envoy does. */
export function loadedSets({ filters, type }: LoadedChain, point: ChainPoint): LoadedSets {
  const unread: Unread = new Set();
  const jwt = filters.filter(({ name }) => name === JWT).flatMap(({ config }) => readJwtRules(config, unread));
  const views = viewpointsAt(
    type,
    jwt.map((rule) => ({ rule })),
    point,
  );
  const passes: Formula[] = [];
  const policies: string[] = [];
  let asks: Formula = NOTHING;
  let chosen: Formula | undefined;
  const names = new Set(filters.map(({ name }) => name));
  const placed = (viewpoint: Viewpoint): Place => ({ viewpoint, unread, filters: names });
  let place = placed(views.before);
  for (const filter of filters) {
    if (filter.name === JWT) {
      passes.push(views.authenticated);
      place = placed(views.after);
    } else if (filter.name === HTTP_RBAC || filter.name === TCP_RBAC) {
      passes.push(enforced(filter, (rules) => rbacFormula(rules, place)));
      for (const name of policiesIn(filter)) policies.push(name);
      // The shadow rules in front of an external authorizer choose what it is asked.
      if (isChooser(filter)) chosen = rbacFormula(filter.config.shadow_rules, place);
    } else if (ASKS.includes(filter.name)) {
      asks = any([asks, 'filter_enabled_metadata' in filter.config ? (chosen ?? EVERYTHING) : EVERYTHING]);
      chosen = undefined;
    } else if (!HARMLESS.has(filter.name)) unread.add(`filter ${filter.name}`);
  }
  return {
    passes: all(passes),
    asks,
    jwt,
    policies: [...new Set(policies)].sort(),
    unread: [...unread].sort(),
  };
}

/** Without rules nothing is enforced; with rules and without a policy, ALLOW lets nothing through. */
function enforced({ config }: LoadedFilter, formulaOf: (rules: unknown) => Formula): Formula {
  if (!isObject(config.rules)) return EVERYTHING;
  const matched = formulaOf(config.rules);
  switch (textAt(config.rules, 'action') ?? 'ALLOW') {
    case 'ALLOW':
      return matched;
    case 'DENY':
      return not(matched);
    default:
      return EVERYTHING;
  }
}

const isChooser = ({ config }: LoadedFilter): boolean =>
  isObject(config.shadow_rules) && /ext_authz/.test(textAt(config, 'shadow_rules_stat_prefix') ?? '');

/** `ns[foo]-policy[p]-rule[0]`. Source: istio pilot/pkg/security/authz/builder/builder.go (policyName). */
const NAME = /^(?:istio-ext-authz-)?ns\[([^\]]+)\]-policy\[([^\]]+)\]/;

function policiesIn({ config }: LoadedFilter): readonly string[] {
  return [config.rules, config.shadow_rules].flatMap((rules) =>
    Object.keys(at(rules, 'policies')).flatMap((key) => {
      const [, namespace, name] = NAME.exec(key) ?? [];
      return namespace === undefined || name === undefined ? [] : [`${namespace}/${name}`];
    }),
  );
}
