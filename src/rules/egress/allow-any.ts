import { type EgressFacts, egressFacts, type NetworkControl, type Outbound } from '../../graph/egress.ts';
import type { Facts } from '../../graph/facts.ts';
import { worstEntry } from '../../graph/worst-entry.ts';
import { byOf } from '../../model/by.ts';
import type { Change } from '../../model/change/change.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Evidence } from '../../result/types.ts';
import { addObjects } from '../changes.ts';
import { type CauseGroup, type Explanation, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { planEgress } from './plan-egress.ts';
import { setOutboundMode } from './set-outbound-mode.ts';

/**
 * The proxy of a workload passes on what it does not know: ALLOW_ANY, as set or by Istio's default, or ALLOW_ANY_DYNAMIC_DNS; and ztunnel, which
 * knows no other way. Gateways have no such setting. Source: reference §7 (istio pkg/config/mesh/mesh.go), §11.2.
 */
export const allowAny: Rule = {
  meta: {
    id: 'egress/allow-any',
    title: 'the proxy of a workload lets it call any host',
    severity: 'MEDIUM',
    catalogue: 'EG-01',
    dimension: 'egress',
    references: [
      'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-OutboundTrafficPolicy-Mode',
      'https://istio.io/latest/docs/ops/best-practices/security/#securing-egress-traffic',
      'https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/',
    ],
  },

  *judge(facts) {
    const egress = egressFacts(facts);
    for (const workload of facts.mesh.workloads) yield judgeWorkload(facts, egress, workload);
  },

  explain: explainGroup,
};

function judgeWorkload(facts: Facts, egress: EgressFacts, workload: Workload): Outcome {
  const subject = subjectOf(workload);
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  const { dataPlane } = workload;
  const outbound = egress.outboundOf(workload);
  if (!outbound) return skip('a gateway sends where its routes say: no outbound policy governs it');
  if (dataPlane.kind === 'none') return skip(`it has no proxy: ${dataPlane.why}`);
  if (outbound.mode === 'REGISTRY_ONLY') return skip('REGISTRY_ONLY is set: see egress/registry-only-alone');
  const control = egress.controlOf(workload);
  const ambient = dataPlane.kind === 'ambient';
  // At ztunnel the setting is without effect either way: only the network counts.
  if (ambient && control.state === 'restricted') return { kind: 'pass', subject };

  const { entry, requires } = worstEntry(facts, workload);
  return {
    kind: 'fail',
    subject,
    cause: outbound.by,
    causeKey: ambient ? AT_ZTUNNEL : `${outbound.mode} (${outbound.from})`,
    factors: {
      entry,
      requires,
      breaches: 1,
      sensitivity: facts.sensitivity(workload).level,
      compensations:
        control.state === 'restricted'
          ? [`NetworkPolicy ${namesOf(control)} keeps it from other addresses outside`]
          : [],
      stated: facts.wanted.isStated(workload),
      defenceInDepth: true,
    },
    status: dataPlane.status === 'UNKNOWN' || (ambient && control.state === 'unknown') ? 'UNKNOWN' : 'INFERRED',
    assumes: [...dataPlane.assumes, ...outbound.assumes, ...control.assumes],
    evidence: evidenceOf(workload, outbound, control),
  };
}

const AT_ZTUNNEL = 'ztunnel sends on whatever it gets';

const namesOf = ({ by }: NetworkControl): string => by.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');

function evidenceOf(workload: Workload, outbound: Outbound, control: NetworkControl): readonly Evidence[] {
  const { location } = subjectOf(workload);
  const setting: Evidence = {
    source: outbound.by?.location ?? location,
    path: 'outboundTrafficPolicy.mode',
    ...(outbound.from === 'default' ? {} : { value: outbound.mode }),
    shows: `${outbound.mode}: ${outbound.why}`,
  };
  const [policy] = control.by;
  const network = { source: policy ? byOf(policy).location : location, shows: `${workload.id}: ${control.why}` };
  return workload.dataPlane.kind === 'ambient'
    ? [{ ...setting, shows: `${setting.shows}; ztunnel knows no other mode` }, network]
    : [setting, network];
}

function explainGroup({ causeKey, fails }: CauseGroup, facts: Facts): Explanation {
  const egress = egressFacts(facts);
  const workloads = workloadsOf(facts, fails);
  // One that the network holds back as well would not show what the setting comes to.
  const first = workloads.find((workload) => egress.controlOf(workload).state !== 'restricted') ?? workloads[0];
  const held = first && egress.controlOf(first).state === 'restricted' ? egress.controlOf(first) : undefined;
  const ambient = causeKey === AT_ZTUNNEL;
  const outbound = first ? egress.outboundOf(first) : null;
  const mode = outbound?.mode ?? 'ALLOW_ANY';
  const plan = planEgress(facts, workloads, egress);
  const setting = ambient || !outbound ? [] : settingChanges(outbound, workloads, egress);
  const name = first?.id ?? 'one of them';
  const dns = mode === 'ALLOW_ANY_DYNAMIC_DNS' ? ', resolving whatever Host the client names' : '';
  return {
    title: titleOf(outbound, ambient, extentOf(workloads)),
    scenario: held
      ? `Code that gets to run in ${name} calls a server of its own choice, and its proxy passes that on${dns}: only the network holds it back (${held.why}).`
      : `Code that gets to run in ${name} calls a server of its own choice outside the cluster, and its proxy passes that on${dns}.`,
    impact:
      'Confidentiality: data leaves to any host, and code that runs there is steered from outside; the mesh names neither host nor caller.',
    remediation: {
      summary: ambient
        ? 'restrict egress by NetworkPolicy, since no setting of the mesh does at ztunnel'
        : 'set REGISTRY_ONLY, and restrict egress by NetworkPolicy as well',
      changes: [...setting, ...plan.changes],
      steps: [...(ambient ? [] : settingSteps(setting, outbound)), ...plan.steps],
    },
    validation: {
      positive: [`from a pod of ${name}: calls to other workloads and to registered hosts work as before`],
      negative: [
        ...(ambient
          ? []
          : [
              `from a pod of ${name}: curl -sS -o /dev/null -w '%{http_code}' http://example.com/ answers 502, and https://example.com/ is reset (BlackHoleCluster)`,
            ]),
        `from a pod of ${name}: curl -sSk --max-time 5 https://1.1.1.1/ as uid 1337 times out (NetworkPolicy)`,
      ],
    },
    rollback: ambient
      ? 'delete the new NetworkPolicies; new connections pass as before at once'
      : `set the mode back to ${mode}${outbound?.from === 'default' ? ' (or take the lines out)' : ''}, and delete the new NetworkPolicies and routes`,
  };
}

function titleOf(outbound: Outbound | null, ambient: boolean, extent: string): string {
  if (ambient)
    return `nothing restricts what ${extent} in ambient can call: ztunnel passes everything on, and no NetworkPolicy holds`;
  const { by, from, mode } = outbound ?? { by: null, from: 'default', mode: 'ALLOW_ANY' };
  const what = by && `${by.kind} ${by.namespace ? `${by.namespace}/` : ''}${by.name}`;
  if (from === 'default')
    return `${what ? `${what} sets no outbound mode` : 'nothing sets an outbound mode'}: by default (${mode}) proxies let ${extent} call any host`;
  return `${what} lets ${extent} call any host (${mode})`;
}

const MOST = 10;

/** The mesh config where the input has it, else the Sidecars that apply, with one for each namespace that none applies to. */
function settingChanges({ object }: Outbound, workloads: readonly Workload[], egress: EgressFacts): readonly Change[] {
  if (object) return setOutboundMode(object);
  const changes = new Map<string, readonly Change[]>();
  for (const workload of workloads) {
    const sidecar = egress.outboundOf(workload)?.sidecar;
    const key = sidecar
      ? `${sidecar.cluster}:${sidecar.namespace}/${sidecar.name}`
      : `${workload.cluster}:${workload.namespace}`;
    if (changes.has(key)) continue;
    changes.set(
      key,
      sidecar ? setOutboundMode(sidecar) : addObjects(workload.resource, [sidecarFor(workload.namespace)]),
    );
  }
  return [...changes.values()].slice(0, MOST).flat();
}

function sidecarFor(namespace: string) {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'default', namespace },
    spec: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
  };
}

function settingSteps(changes: readonly Change[], outbound: Outbound | null): readonly string[] {
  const { by } = outbound ?? {};
  return [
    ...(by && changes.length === 0
      ? [
          `set outboundTrafficPolicy.mode to REGISTRY_ONLY in the mesh config of ${by.kind} ${by.namespace ? `${by.namespace}/` : ''}${by.name}`,
        ]
      : []),
    'first find what is called today: in access logs and istio_tcp_connections_opened_total, destinations named PassthroughCluster; every one that is wanted needs a ServiceEntry before the mode changes, else it breaks',
    ...(changes.length >= MOST ? ['and the same for the remaining namespaces'] : []),
    'REGISTRY_ONLY is no boundary by itself: what bypasses the proxy still leaves, which is what the NetworkPolicies are for',
  ];
}
