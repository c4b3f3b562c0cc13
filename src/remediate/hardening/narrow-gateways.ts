import type { Facts } from '../../graph/facts.ts';
import type { KubernetesGateway } from '../../model/gateway/gateway.ts';
import type { Gateway, GatewayServer } from '../../model/istio/gateway.ts';
import type { VirtualService } from '../../model/istio/virtual-service.ts';
import type { Resource } from '../../model/resource.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import {
  hostsForNamespace,
  normalizeServerHosts,
  overlaps,
  parseServerHost,
  qualifyGateway,
  qualifyHost,
} from '../../semantics/gateway/host-name.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { routesOf } from '../../semantics/gateway/routes-of.ts';
import { type Candidate, nameOf } from '../candidate.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import { behindGateways, gatewaysOf } from './gateways-of.ts';
import type { Hardening } from './hardening.ts';

/**
 * Gateways that take more than their routes need: servers for every host where the routes name theirs, servers that no route is for beside some
 * that are used, and listeners that take routes of every namespace where those that attach come from a few. No path goes by that today; whoever
 * may write a route gets in by it tomorrow. Nothing is proposed where the input may lack routes.
 */
export const narrowGateways: Hardening = {
  id: 'narrow-gateway',
  propose(facts) {
    if (!facts.isComplete('gateways')) return [];
    const { resources } = facts.mesh;
    return [
      ...resources.of('Gateway').flatMap((gateway) => candidateFor(facts, gateway, istioEdits(facts, gateway))),
      ...resources
        .of('KubernetesGateway')
        .flatMap((gateway) => candidateFor(facts, gateway, listenerEdits(facts, gateway))),
    ];
  },

  holds: (_facts, _candidate, { before, after }) => waysThrough(before) === waysThrough(after),
};

/** What gateways lead to, by which requests. */
function waysThrough(enforcement: Enforcement): string {
  const ways = routesOf(enforcement, indexGateways(enforcement)).map(
    ({ gateway, listener, hosts, match, service, servicePort, tlsMode }) =>
      JSON.stringify([gateway.id, listener.port, hosts, match, service, servicePort, tlsMode]),
  );
  return [...new Set(ways)].sort().join('\n');
}

interface Edits {
  readonly edits: readonly FieldEdit[];
  readonly what: readonly string[];
}

function candidateFor(facts: Facts, gateway: Resource, { edits, what }: Edits): readonly Candidate[] {
  const gateways = gatewaysOf(facts, gateway);
  if (edits.length === 0 || gateways.length === 0) return [];
  const name = nameOf(gateway);
  return [
    {
      id: `narrow-gateway ${gateway.kind} ${name}`,
      summary: `Gateway ${name}: ${what.join('; ')}`,
      changes: [{ kind: 'edit', resource: gateway, edits }],
      destinations: [...new Set([...gateways, ...behindGateways(facts, gateways)])],
      senders: [],
      effort: 1,
      isTidying: true,
      judgedBy: [],
      unknownCallers: [],
      unproven: [],
      preconditions: [`no route for Gateway ${name} is about to come that the input does not have`],
      sideEffects: [
        'what gateways lead to stays the same, which is decided on the model',
        'routes to come have to be let in at the Gateway first',
      ],
    },
  ];
}

function istioEdits({ mesh }: Facts, gateway: Gateway): Edits {
  const routes = mesh.resources
    .of('VirtualService')
    .filter(({ cluster, namespace, spec }) =>
      (spec.gateways ?? []).some(
        (each) =>
          cluster === gateway.cluster && qualifyGateway(each, namespace) === `${gateway.namespace}/${gateway.name}`,
      ),
    );
  if (routes.length === 0) return NOTHING;
  const servers = gateway.spec.servers ?? [];
  const unused = servers.flatMap((server, index) =>
    isForRoutes(server) && !isUsed(gateway, server, routes) ? [index] : [],
  );
  const gone = unused.length < servers.length ? unused : [];
  const narrowed = servers.flatMap((server, index) => {
    const hosts = gone.includes(index) ? undefined : narrowedHosts(gateway, server, routes);
    return hosts ? [{ index, hosts }] : [];
  });
  return {
    edits: [
      ...narrowed.map(
        ({ index, hosts }) => ({ op: 'set', path: ['spec', 'servers', index, 'hosts'], value: hosts }) as const,
      ),
      // From the end, so that the numbers of the others stay.
      ...gone.toReversed().map((index) => ({ op: 'delete', path: ['spec', 'servers', index] }) as const),
    ],
    what: [
      ...(narrowed.length > 0
        ? [
            `\`hosts\` that its routes name in place of \`*\`: ${[...new Set(narrowed.flatMap(({ hosts }) => hosts))].join(', ')}`,
          ]
        : []),
      ...(gone.length > 0
        ? [`without port ${gone.map((index) => servers[index]?.port?.number).join(', ')}, which no route is for`]
        : []),
    ],
  };
}

const NOTHING: Edits = { edits: [], what: [] };

/** HTTP, and HTTPS that ends there: others lead on without a VirtualService, or have no host to go by. A redirect answers by itself. */
const isForRoutes = ({ port, tls }: GatewayServer): boolean =>
  /^(http|http2|grpc|https)$/i.test(port?.protocol ?? '') &&
  tls?.httpsRedirect !== true &&
  !/PASSTHROUGH/.test(tls?.mode ?? '');

const hostsOf = ({ spec, namespace }: VirtualService): readonly string[] =>
  (spec.hosts ?? []).map((host) => qualifyHost(host, namespace));

function isUsed(gateway: Gateway, { hosts = [] }: GatewayServer, routes: readonly VirtualService[]): boolean {
  const own = normalizeServerHosts(hosts, gateway.namespace);
  return routes.some((route) =>
    hostsForNamespace(own, route.namespace).some((host) => hostsOf(route).some((wanted) => overlaps(host, wanted))),
  );
}

/** The hosts in place of a star, for the same namespaces; undefined: there is none, or a route is for every host. */
function narrowedHosts(
  gateway: Gateway,
  server: GatewayServer,
  routes: readonly VirtualService[],
): readonly string[] | undefined {
  const { hosts = [] } = server;
  if (!isForRoutes(server) || !hosts.some((written) => parseServerHost(written).host === '*')) return undefined;
  const found = hosts.flatMap((written) => {
    const { namespace, host } = parseServerHost(written);
    if (host !== '*') return [written];
    const own = normalizeServerHosts([written], gateway.namespace);
    return routes
      .filter((route) => hostsForNamespace(own, route.namespace).length > 0)
      .flatMap(hostsOf)
      .map((wanted) => (namespace === undefined ? wanted : `${namespace}/${wanted}`));
  });
  const distinct = [...new Set(found)].sort();
  return distinct.length === 0 || distinct.some((each) => parseServerHost(each).host === '*') ? undefined : distinct;
}

const ROUTE_KINDS = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'] as const;

/** Namespaces in place of all of them. Routes that attach by a ListenerSet are not the Gateway's. */
function listenerEdits({ mesh }: Facts, gateway: KubernetesGateway): Edits {
  const namespaces = new Set(
    ROUTE_KINDS.flatMap((kind) => mesh.resources.of(kind) as readonly Attached[]).flatMap(
      ({ cluster, namespace, spec }) =>
        cluster === gateway.cluster &&
        (spec.parentRefs ?? []).some(
          ({ kind = 'Gateway', namespace: home = namespace, name }) =>
            kind === 'Gateway' && home === gateway.namespace && name === gateway.name,
        )
          ? [namespace]
          : [],
    ),
  );
  const open = (gateway.spec.listeners ?? []).flatMap(({ allowedRoutes }, index) =>
    allowedRoutes?.namespaces?.from === 'All' ? [index] : [],
  );
  if (namespaces.size === 0 || open.length === 0) return NOTHING;
  const names = [...namespaces].sort();
  const value =
    names.length === 1 && names[0] === gateway.namespace
      ? { from: 'Same' }
      : {
          from: 'Selector',
          selector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: names }] },
        };
  return {
    edits: open.map(
      (index) => ({ op: 'set', path: ['spec', 'listeners', index, 'allowedRoutes', 'namespaces'], value }) as const,
    ),
    what: [`routes of ${names.join(', ')} alone (\`allowedRoutes\`), where all namespaces may attach theirs`],
  };
}

type Attached = Resource & {
  readonly spec: {
    readonly parentRefs?: readonly { readonly kind?: string; readonly namespace?: string; readonly name?: string }[];
  };
};
