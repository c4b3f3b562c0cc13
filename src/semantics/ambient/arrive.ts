import type { Enforcement } from '../enforcement.ts';
import { addressOf, type Query } from '../query.ts';
import type { Verdict } from '../verdict.ts';
import { decideZtunnel } from './decide.ts';

/** What the destination's ztunnel makes of a connection: over HBONE with an identity, or in plaintext (reference §1.6, §4.2). */
export function decideAtZtunnel(enforcement: Enforcement, query: Query, peer: Query['source']['identity']): Verdict {
  const { source, destination } = query;
  const destinationIp = addressOf(destination);
  const connection = {
    peer,
    port: destination.port,
    transport: query.transport,
    ...(source.ip === undefined ? {} : { sourceIp: source.ip }),
    ...(destinationIp === undefined ? {} : { destinationIp }),
  };
  const decision = decideZtunnel(enforcement.ztunnel(destination.workload), connection, query.explain ?? false);
  const { outcome, by, reason, requires, assumes, steps } = decision;
  return { outcome, by, reason, requires, assumes, point: 'ztunnel', trace: steps };
}
