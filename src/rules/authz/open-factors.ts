import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { OpenPort } from '../../graph/opening.ts';
import type { Factors } from '../rule.ts';

/** What severity is computed from where a port is open to callers that nobody named. */
export function openFactors(facts: Facts, port: PortFacts, opening: OpenPort): Factors {
  const { workload } = port;
  const isGateway = workload.dataPlane.kind === 'gateway';
  return {
    entry: entryOf(facts, port, opening),
    requires: [],
    breaches: 0,
    sensitivity: facts.sensitivity(workload).level,
    compensations: isGateway ? behindGateway(facts, port) : networkControls(port, opening),
    stated: facts.wanted.isStated(workload),
    defenceInDepth: isGateway,
  };
}

/** A client that comes through a gateway is let in by the gateway; only who gets past it is let in by the open port. */
function entryOf({ entrances }: Facts, { workload, port }: PortFacts, { callers }: OpenPort): Factors['entry'] {
  const direct = entrances
    .of(workload, port.port)
    .some(
      ({ entry, gateway, verdict }) =>
        entry === 'internet' && verdict.outcome === 'allow' && (!gateway || gateway === workload),
    );
  if (direct) return 'internet';
  return callers === 'anyone' ? 'plaintext' : 'any-identity';
}

export function networkControls({ access }: PortFacts, { callers }: OpenPort): readonly string[] {
  const fromAnywhere = callers === 'anyone' ? access.plaintextFromAnyPod : access.anyIdentityFromAnyPod;
  return fromAnywhere ? [] : ['NetworkPolicy, which keeps pods of other places out,'];
}

/** An ingress gateway is there to admit clients from outside; what they get is decided by its routes and behind it. */
function behindGateway(facts: Facts, { workload }: PortFacts): readonly string[] {
  const routes = facts.entrances.routes.filter(({ gateway }) => gateway === workload);
  if (routes.length === 0) return ['the gateway, to which no route of the input is bound,'];
  const behind = routes.flatMap(({ workloads }) => workloads.map((each) => each.workload));
  const guarded = behind.every((each) =>
    facts.ports(each).every(({ authorization }) => authorization.opening.kind !== 'open'),
  );
  return [
    'the gateway, meant to be open, whose routes decide what is behind it,',
    ...(guarded ? ['a policy at every workload behind it'] : []),
  ];
}
