import type { PathNormalization } from '../../../model/mesh-config.ts';
import { departingRequest, keepsHeader } from '../../gateway/depart.ts';
import { carrierOf, type TokenPlace } from '../../jwt/token-place.ts';
import type { HttpRoute } from '../../gateway/http-route.ts';
import { DESTINATION_IP, HOST, headerAxis, PATH, REMOTE_IP, SERVER_NAME, SOURCE_IP } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { type Bounds, exact, type Substitution } from '../bounds.ts';
import { any, constant, EVERYTHING, type Literal, literal, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import type { Behind } from './behind.ts';
import { OPEN } from './open.ts';
import { receivedHeader } from './received-header.ts';
import { beforeRewrite, pathChange } from './rewritten-path.ts';

type Target = Parameters<typeof departingRequest>[1];

interface Departure {
  /** Absent: bytes. */
  readonly route?: HttpRoute;
  readonly target: Target;
  readonly behind: Behind;
  readonly pool: SetPool;
  /** Of paths, at the gateway and at the destination. */
  readonly normalization: readonly [PathNormalization, PathNormalization];
  /** Told why something is not exact. */
  readonly doubt: (why: string) => void;
}

/** Puts what the destination asks for in terms of what the client sends: `departingRequest`, backwards. */
export function departure(from: Departure): Substitution {
  const { route, behind, doubt } = from;
  const open = (why: string): Bounds => {
    doubt(why);
    return OPEN;
  };
  return (condition) => {
    const { axis, set } = condition;
    if (axis.key.startsWith('header:')) return headerBefore(from, condition, axis.key.slice('header:'.length));
    switch (axis.key) {
      case SERVER_NAME.key:
        return exact(constant(holdsFor(condition, [behind.sni])));
      case REMOTE_IP.key:
        if (!route) return open('a policy asks for the client address behind a TCP route');
        // The last that a gateway puts into X-Forwarded-For is who connected to it.
        return behind.hops > 1
          ? open('a policy asks for an address that the client wrote into X-Forwarded-For')
          : exact(literal(SOURCE_IP, set));
      case SOURCE_IP.key:
        return open('a policy asks for the address of the gateway, which is not known');
      case DESTINATION_IP.key:
        return open('a policy asks for the address of the pod, which is not known');
      case HOST.key: {
        const host = authorityOf(from);
        return host === undefined ? undefined : exact(constant(holdsFor(condition, [host])));
      }
      case PATH.key: {
        const [atGateway, atDestination] = from.normalization;
        if (!route) return undefined;
        if (atGateway !== atDestination) return open('the gateway and the destination normalise paths differently');
        const before =
          set.kind === 'text' ? beforeRewrite(pathChange(route), set, atDestination, from.pool) : undefined;
        if (!before) {
          const { kind, namespace, name } = route.by;
          return open(`the rewrite of ${kind} ${namespace}/${name} is not worked out for all paths`);
        }
        return before === set ? undefined : exact(literal(axis, before));
      }
      default:
        return undefined;
    }
  };
}

/** Whether the header that a token stands in does not get through the route as it is. */
export function dropsToken({ route, target }: Departure, place: TokenPlace): boolean {
  const carrier = route && carrierOf(place);
  return carrier !== undefined && !keepsHeader(route as HttpRoute, target, BARE, carrier[0]);
}

const BARE = { method: 'GET', path: '/', host: 'x', headers: [] };

/** Never sent by anybody. */
const MARK = '\u0000';

function sent({ route, target }: Departure, header: string) {
  if (!route) return { host: MARK, headers: [[header, MARK] as const] };
  const request = { method: 'GET', path: '/', host: MARK, headers: [[header, MARK] as const] };
  return departingRequest(route, target, request, null).http;
}

function authorityOf(from: Departure): string | undefined {
  const { host } = sent(from, 'x');
  return host === MARK ? undefined : host;
}

/** What stands in a header behind the gateway: what the client sent, if it is still there, and what the route puts there. */
function headerBefore(from: Departure, condition: Literal, name: string): Bounds {
  const { behind, doubt } = from;
  const values = sent(from, name)
    .headers.filter(([key]) => key.toLowerCase() === name)
    .map(([, value]) => value);
  const put = values.filter((value) => value !== MARK);
  const left = any([
    values.includes(MARK) ? literal(headerAxis(name), condition.set) : NOTHING,
    holdsFor(condition, put) ? EVERYTHING : NOTHING,
  ]);
  if (name === 'x-forwarded-for' && from.route) {
    doubt('a policy reads X-Forwarded-For, which the gateway writes');
    return OPEN;
  }
  const isSidecar = behind.region?.point?.kind === 'sidecar';
  if (!isSidecar) return exact(left);
  const received = receivedHeader(condition, name, {
    sent: left,
    isLeft: values.includes(MARK),
    put,
    peer: behind.peer,
    pool: from.pool,
  });
  if (received === OPEN) doubt(`a policy reads the header \`${name}\`, which proxies write`);
  return received;
}
