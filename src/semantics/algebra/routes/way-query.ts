import type { Principal } from '../../../model/inventory/types.ts';
import type { ClientTls } from '../../../result/request.ts';
import { isWildcard, withoutPort } from '../../gateway/host-name.ts';
import type { Query } from '../../query.ts';
import { HOST, METHOD, OWN_HOST, PATH, PEER, REMOTE_IP, SERVER_NAME, SOURCE_IP } from '../axes.ts';
import type { Axis, Formula } from '../formula.ts';
import { holds, type Model } from '../solver.ts';
import { NO_TOKEN, placeOfValue } from '../token-sets.ts';
import { claimsOf, headersOf, sentToken } from '../witness.ts';
import type { RoutePlace } from './route-places.ts';
import type { WayIn } from './way-in.ts';

type Shown = Pick<WayIn, 'gateway' | 'port' | 'handshake' | 'protocol'> & { readonly place: Pick<RoutePlace, 'host'> };

/** The request from the internet that a model of a set of this way describes. Whoever shows it decides it first. */
export function queryOfWay(way: Shown, formula: Formula, found: Model): Query {
  const host = hostOf(way, formula, found);
  const model = withValue(found, HOST, host);
  const one = (axis: Axis): string | undefined =>
    model.axes.some(({ key }) => key === axis.key) ? model.values(axis)[0] : undefined;
  const ip = one(SOURCE_IP);
  const remoteIp = one(REMOTE_IP);
  const [tokenPlace] = model.axes
    .filter(({ kind }) => kind === 'token')
    .flatMap((axis) => placeOfValue(model.values(axis)[0] ?? NO_TOKEN) ?? []);
  const tls = handshakeOf(way, formula, model, host);
  return {
    client: 'attacker',
    source: {
      position: { kind: 'internet' },
      identity: null,
      connects: 'plaintext',
      ...(ip === undefined ? {} : { ip }),
      ...(remoteIp === undefined ? {} : { remoteIp }),
    },
    destination: { workload: way.gateway, port: way.port },
    transport: 'TCP',
    ...(way.protocol === 'http'
      ? {
          http: {
            method: model.values(METHOD)[0] ?? 'GET',
            path: model.values(PATH)[0] ?? '/',
            host,
            headers: headersOf(model, tokenPlace),
          },
        }
      : {}),
    ...(way.protocol === 'http' && tokenPlace ? { token: sentToken(claimsOf(model), tokenPlace) } : {}),
    ...(tls ? { tls } : {}),
  };
}

/** Hosts that read better than the shortest that fits. */
function hostOf({ place: { host } }: Shown, formula: Formula, model: Model): string {
  const found = model.values(HOST)[0] ?? OWN_HOST;
  const { domain = '*' } = host ?? {};
  const likely = isWildcard(domain)
    ? [...(domain === '*' ? ['www.example.com', 'gateway.invalid'] : [`www${domain.slice(1)}`])]
    : [domain];
  return likely.find((each) => holds(formula, withValue(model, HOST, each))) ?? found;
}

function handshakeOf(
  { handshake, protocol }: Shown,
  formula: Formula,
  model: Model,
  host: string,
): ClientTls | undefined {
  if (!handshake.tls) return undefined;
  const name = withoutPort(host).toLowerCase();
  const fits = protocol === 'http' && holds(formula, withValue(model, SERVER_NAME, name));
  const sni = fits ? name : (model.values(SERVER_NAME)[0] ?? '');
  const { certificate, forged = false } = handshake;
  const identity = { principal: (model.values(PEER)[0] ?? '') as Principal, ...(forged ? { trusted: false } : {}) };
  const shown = certificate === 'identity' ? identity : certificate;
  // What proxies say among themselves.
  const alpn = sni.startsWith('outbound_.') ? { alpn: ['istio'] } : {};
  return { ...(sni === '' ? {} : { sni }), ...alpn, ...(shown ? { clientCert: shown } : {}) };
}

const withValue = (model: Model, { key }: Axis, value: string): Model => ({
  ...model,
  axes: model.axes,
  values: (axis) => (axis.key === key ? [value] : model.values(axis)),
});
