import { receiveRequest } from '../../http/receive-request.ts';
import { headerAxis } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { type Bounds, exact } from '../bounds.ts';
import { any, constant, type Formula, type Literal, literal, NOTHING, not } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { OPEN } from './open.ts';
import { anyText } from './text-set.ts';

interface Received {
  /** The condition on what was sent. */
  readonly sent: Formula;
  /** What the client sent under that name is still there. */
  readonly isLeft: boolean;
  /** Values that a route put there. */
  readonly put: readonly string[];
  readonly peer: string | null;
  readonly pool: SetPool;
}

/** Headers whose place in a request the others decide. */
const HOP: readonly string[] = ['connection', 'upgrade', 'te', ':scheme'];
/** Joined with what the proxy knows. */
const CERTIFICATE = 'x-forwarded-client-cert';

/** A condition on a header as a sidecar's filters see it, in terms of what was sent: `receiveRequest`, backwards. */
export function receivedHeader(condition: Literal, name: string, { sent, isLeft, put, peer, pool }: Received): Bounds {
  if (HOP.includes(name) || (name === CERTIFICATE && peer !== null)) return OPEN;
  const bare = { method: 'GET', path: '/', host: 'x', headers: [] };
  const valuesOf = (headers: readonly (readonly [string, string])[]): readonly string[] =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const written = valuesOf(receiveRequest(bare, { peer, self: null }).headers);
  const kept = valuesOf(receiveRequest({ ...bare, headers: [[name, MARK]] }, { peer, self: null }).headers);
  if (!kept.includes(MARK)) return exact(constant(holdsFor(condition, kept)));
  if (written.length === 0) return exact(sent);
  // Written only where nobody sent it.
  if (put.length > 0) return exact(sent);
  if (!isLeft) return exact(constant(holdsFor(condition, written)));
  const absent = not(literal(headerAxis(name), anyText(pool)));
  return exact(any([sent, holdsFor(condition, written) ? absent : NOTHING]));
}

const MARK = '\u0001';
