import type { Facts, PortFacts } from '../graph/facts.ts';
import type { Fail } from './rule.ts';

/** Status and assumptions of a conclusion about who may call a port. */
export function callerStatus(facts: Facts, { workload, authorization }: PortFacts): Pick<Fail, 'status' | 'assumes'> {
  // A proxy holds all that is in force there, policies of the root namespace too.
  if (authorization.status === 'VERIFIED' && authorization.posture !== 'conditional')
    return { status: 'VERIFIED', assumes: [] };
  const { rootNamespace } = facts.enforcement;
  const assumes = [...workload.dataPlane.assumes];
  if (authorization.posture === 'conditional') assumes.push(authorization.why);
  if (!facts.isComplete('root-policies') && !facts.isComplete({ namespace: rootNamespace })) {
    assumes.push(
      `no AuthorizationPolicy of the root namespace ${rootNamespace} closes it (that namespace is not in the input)`,
    );
  }
  return { status: authorization.status === 'VERIFIED' ? 'INFERRED' : authorization.status, assumes };
}
