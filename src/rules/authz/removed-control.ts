import type { Facts, PortFacts } from '../../graph/facts.ts';
import { type LostControl, lostControls } from '../../graph/lost-controls.ts';
import { byOf } from '../../model/by.ts';
import { assumptionOf } from '../../semantics/patches/proxy-change.ts';
import { type Factors, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { describeChange } from './describe-change.ts';
import { explainRemovedControl } from './explain-removed-control.ts';

/**
 * An EnvoyFilter, WasmPlugin or TrafficExtension takes RBAC, JWT authentication, external authorization or mutual TLS out of a proxy, or puts
 * code before what decides. Policies stay in the cluster and are no longer what is enforced. Judged by deciding the mesh without the object.
 * Source: istio pilot/pkg/networking/core/envoyfilter/listener_patch.go (reference §9.1, §15.9).
 */
export const removedControl: Rule = {
  meta: {
    id: 'authz/removed-control',
    title: 'a control in a proxy is taken away from outside the security API',
    severity: 'HIGH',
    catalogue: 'SG-11',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/reference/config/networking/envoy-filter/',
      'https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield* judgePort(facts, port);
    }
  },

  explain: explainRemovedControl,
};

function* judgePort(facts: Facts, port: PortFacts): Iterable<Outcome> {
  const { workload } = port;
  const subject = subjectOf(workload, port.port.port);
  const lost = lostControls(facts, workload, port.port);
  if (lost === undefined) {
    const why = 'no EnvoyFilter, WasmPlugin or TrafficExtension reaches what decides about it';
    yield { kind: 'not-applicable', subject, why };
    return;
  }
  if (lost.length === 0) yield { kind: 'pass', subject };
  for (const control of lost) {
    const { changes, effect } = control;
    const isUnsure = effect.kind === 'may-open' || effect.verdict.outcome === 'unknown';
    yield {
      kind: 'fail',
      subject,
      cause: byOf(control.object),
      causeKey: effect.kind,
      factors: factorsOf(facts, port, control),
      status: isUnsure ? 'UNKNOWN' : 'INFERRED',
      assumes: [
        ...workload.dataPlane.assumes,
        ...(effect.kind === 'may-open' ? changes.map(assumptionOf) : effect.verdict.assumes),
      ],
      evidence: changes.map((change) => ({
        source: change.by.location,
        ...(change.patch === undefined ? {} : { path: `spec.configPatches[${change.patch}]` }),
        shows: describeChange(change),
      })),
      ...(effect.kind === 'opens' ? { witness: effect.witness } : {}),
    };
  }
}

const ENTRIES = {
  internet: 'internet',
  anyone: 'plaintext',
  'pod-outside-mesh': 'plaintext',
  'node-network': 'plaintext',
  'any-identity': 'any-identity',
  identities: 'named-identities',
  workload: 'named-identities',
} as const;

/** What policies say is what is wanted, so that more than that is certain to be too much. */
function factorsOf(facts: Facts, { workload }: PortFacts, { effect }: LostControl): Factors {
  const opens = effect.kind === 'opens';
  return {
    entry: opens ? ENTRIES[effect.who] : 'none',
    requires: opens ? [...new Set(effect.verdict.requires.map(({ kind }) => kind))] : [],
    breaches: 0,
    sensitivity: facts.sensitivity(workload).level,
    compensations: [],
    stated: true,
    defenceInDepth: !opens,
  };
}
