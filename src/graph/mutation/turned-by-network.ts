import type { Workload } from '../../model/inventory/types.ts';
import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { Request } from '../../result/request.ts';
import { formatAddress, parseCidr } from '../../util/cidr.ts';
import { decideRequest } from '../../semantics/decide-request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { openingsByNetwork } from '../compare/opened-network.ts';
import type { Opened } from '../compare/opened.ts';
import type { Doubt, Faulty, Turned } from './turned.ts';

/** Requests that a fault in a NetworkPolicy turns: to the pods that it selects, from them, and from them out of the cluster. */
export function* turnedByNetwork(
  states: Faulty,
  policy: NetworkPolicy,
  pods: readonly Workload[],
  doubt: Doubt,
): Iterable<Turned> {
  const { mesh } = states.before;
  if (pods.length === 0 || mesh.cni === 'ignores-network-policy') return;
  const selected = new Set(pods);
  const { ingress, egress } = directionsOf(policy);
  for (const to of mesh.workloads) {
    if (to.dataPlane.kind === 'gateway') continue;
    if (ingress && selected.has(to)) yield* between(states, to, mesh.workloads);
    else if (egress) yield* between(states, to, pods);
  }
  if (egress) for (const from of pods) yield* outward(states, policy, from);
  doubt('pods and addresses that are not in the input may be meant');
}

/** As the API server fills them in. */
function directionsOf({ spec: { policyTypes, egress } }: NetworkPolicy): {
  readonly ingress: boolean;
  readonly egress: boolean;
} {
  const types = policyTypes?.length ? policyTypes : ['Ingress', ...(egress?.length ? ['Egress'] : [])];
  return { ingress: types.includes('Ingress'), egress: types.includes('Egress') };
}

function* between({ before, after }: Faulty, to: Workload, sources: readonly Workload[]): Iterable<Turned> {
  for (const port of to.ports) {
    yield* turned('opens', openingsByNetwork({ before, after }, to, to, port, sources));
    yield* turned('refuses', openingsByNetwork({ before: after, after: before }, to, to, port, sources));
  }
}

function* turned(effect: Turned['effect'], found: Iterable<Opened>): Iterable<Turned> {
  for (const { witness, workload, port } of found) yield { effect, request: witness, to: { workload, port } };
}

/** A public address of which nobody is the owner (RFC 5737). */
const SOMEWHERE = '203.0.113.10';

function* outward({ before, after }: Faulty, { spec }: NetworkPolicy, from: Workload): Iterable<Turned> {
  const rules = spec.egress ?? [];
  const blocks = rules.flatMap(({ to = [] }) =>
    to.flatMap(({ ipBlock }) => (ipBlock?.cidr === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])])),
  );
  const ports = rules.flatMap(({ ports: own = [] }) =>
    own.flatMap(({ port, protocol = 'TCP' }) => (typeof port === 'number' ? [{ port, protocol }] : [])),
  );
  for (const address of new Set([SOMEWHERE, ...blocks.flatMap(firstOf)])) {
    for (const { port, protocol } of [{ port: 443, protocol: 'TCP' as const }, ...ports]) {
      const request: Request = {
        from: { workload: from.id, as: 'attacker' },
        to: { external: address, port },
        ...(protocol === 'TCP' ? {} : { protocol }),
      };
      const [was, is] = [before, after].map((state) => outcomeOf(state, request));
      if (was === is) continue;
      if (was === 'deny') yield { effect: 'opens', request };
      else if (is === 'deny') yield { effect: 'refuses', request };
    }
  }
}

function firstOf(cidr: string): readonly string[] {
  const block = parseCidr(cidr);
  if (!block) return [];
  const { family, first, last } = block;
  return [formatAddress({ family, value: last > first ? first + 1n : first })];
}

function outcomeOf(enforcement: Enforcement, request: Request): string {
  const verdict = decideRequest(enforcement, request);
  return 'error' in verdict ? 'error' : verdict.outcome;
}
