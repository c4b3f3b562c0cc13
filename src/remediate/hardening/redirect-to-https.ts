import type { Facts } from '../../graph/facts.ts';
import type { Gateway, GatewayServer } from '../../model/istio/gateway.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { covers, normalizeServerHosts } from '../../semantics/gateway/host-name.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { type InternetRoute, routesOf } from '../../semantics/gateway/routes-of.ts';
import { type Candidate, nameOf } from '../candidate.ts';
import { behindGateways, gatewaysOf } from './gateways-of.ts';
import type { Hardening } from './hardening.ts';

/**
 * Servers of a Gateway that take plaintext HTTP for hosts which the same Gateway serves over TLS: a redirect there, so that no request and no
 * token goes over the wire in the clear. Not where certificates are asked for by ACME over that port.
 */
export const redirectToHttps: Hardening = {
  id: 'redirect-to-https',
  propose: (facts) => facts.mesh.resources.of('Gateway').flatMap((gateway) => candidateFor(facts, gateway)),

  /** Nothing is new, and what is gone from plaintext is there over TLS. */
  holds(_facts, _candidate, { before, after }) {
    const left = routesIn(after);
    const kept = new Set(left.map((route) => `${route.listener.port} ${wayOf(route)}`));
    const secure = new Set(left.filter(({ tlsMode }) => tlsMode !== null).map(wayOf));
    const earlier = routesIn(before);
    const known = new Set(earlier.map((route) => `${route.listener.port} ${wayOf(route)}`));
    return (
      [...kept].every((way) => known.has(way)) &&
      earlier.every((route) => kept.has(`${route.listener.port} ${wayOf(route)}`) || secure.has(wayOf(route)))
    );
  },
};

const routesIn = (enforcement: Enforcement): readonly InternetRoute[] =>
  routesOf(enforcement, indexGateways(enforcement));

/** Where a request gets to, whatever port it takes. */
const wayOf = ({ gateway, hosts, match, service, servicePort }: InternetRoute): string =>
  JSON.stringify([gateway.id, hosts, match, service, servicePort]);

const ACME = '/.well-known/acme-challenge';

function candidateFor(facts: Facts, gateway: Gateway): readonly Candidate[] {
  const servers = gateway.spec.servers ?? [];
  const hostsOf = ({ hosts = [] }: GatewayServer): readonly string[] => normalizeServerHosts(hosts, gateway.namespace);
  const secure = servers.filter(isTerminated).flatMap(hostsOf);
  const plain = servers.flatMap((server, index) =>
    isPlain(server) &&
    hostsOf(server).length > 0 &&
    hostsOf(server).every((host) => secure.some((wide) => covers(wide, host)))
      ? [{ index, number: server.port?.number }]
      : [],
  );
  const gateways = gatewaysOf(facts, gateway);
  if (plain.length === 0 || gateways.length === 0) return [];
  const routes = facts.entrances.routes.filter((route) => gateways.includes(route.gateway));
  if (routes.some(({ match }) => match.includes(ACME))) return [];
  const name = nameOf(gateway);
  const ports = plain.map(({ number }) => number).join(', ');
  return [
    {
      id: `redirect-to-https Gateway ${name}`,
      summary: `Gateway ${name}: port ${ports} redirects to https, where the same hosts are served`,
      changes: [
        {
          kind: 'edit',
          resource: gateway,
          edits: plain.map(
            ({ index }) =>
              ({ op: 'set', path: ['spec', 'servers', index, 'tls', 'httpsRedirect'], value: true }) as const,
          ),
        },
      ],
      destinations: [...new Set([...gateways, ...behindGateways(facts, gateways)])],
      senders: [],
      effort: 1,
      isTidying: true,
      judgedBy: [],
      unknownCallers: [],
      unproven: [`whether every client of port ${ports} follows a redirect: its access log tells who calls there`],
      preconditions: [`the certificates of Gateway ${name} are valid for its hosts, and clients trust them`],
      sideEffects: [
        `requests to port ${ports} get 301; clients that send a body, and health checks that want 200, do not follow it`,
      ],
    },
  ];
}

/** Without TLS of any kind; one that redirects already has some. */
const isPlain = ({ port, tls }: GatewayServer): boolean =>
  /^(http|http2|grpc)$/i.test(port?.protocol ?? '') && (tls === undefined || Object.keys(tls).length === 0);

const isTerminated = ({ port, tls }: GatewayServer): boolean =>
  /^https$/i.test(port?.protocol ?? '') && /^(SIMPLE|MUTUAL|OPTIONAL_MUTUAL)$/.test(tls?.mode ?? '');
