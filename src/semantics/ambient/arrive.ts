import type { Enforcement } from '../enforcement.ts';
import { buildChain } from '../authz/chain.ts';
import { addressOf, type Query } from '../query.ts';
import { viewAt } from '../sidecar.ts';
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
  const policies = enforcement.ztunnel(destination.workload);
  if (query.watch) {
    // ztunnel reads the same rules as a TCP chain of Envoy does, give or take (reference §2.9): near enough to say what came near.
    const config = enforcement.configOf(destination.workload);
    query.watch({
      point: 'ztunnel',
      workload: destination.workload,
      chain: buildChain(policies.considered, 'tcp', enforcement.bundleOf(config), []),
      providers: [],
      view: { ...viewAt(query, peer, undefined), claims: undefined },
    });
  }
  const decision = decideZtunnel(policies, connection, query.explain ?? false);
  const { outcome, by, reason, requires, assumes, steps } = decision;
  return { outcome, by, reason, requires, assumes, point: 'ztunnel', trace: steps };
}
