import type { Facts, PortFacts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { formatLocation } from '../../result/location.ts';
import type { Evidence } from '../../result/types.ts';
import { changedValue, newObjects } from '../patch.ts';
import { type CauseGroup, type Explanation, type Outcome, type Rule, subjectOf } from '../rule.ts';

/**
 * A workload port accepts plaintext: whoever reaches it on the network gets in without an identity, whatever level of PeerAuthentication
 * that comes from, also when nothing is set (Istio's default is PERMISSIVE). Gateway listeners and waypoints are not governed by
 * PeerAuthentication. Source: reference §1.1, §1.3, §15.2.
 */
export const permissive: Rule = {
  meta: {
    id: 'mtls/permissive',
    title: 'a workload port accepts plaintext',
    severity: 'MEDIUM',
    catalogue: 'ID-01',
    dimension: 'mtls',
    references: [
      'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
      'https://istio.io/latest/docs/ops/best-practices/security/#mutual-tls',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) yield judgePort(facts, port);
    }
  },

  explain(group, facts) {
    return explainGroup(group, facts);
  },
};

const NOTHING_SET = 'nothing sets a mode';

function judgePort(facts: Facts, port: PortFacts): Outcome {
  const { workload, mtls, captured } = port;
  const subject = subjectOf(workload, port.port.port);
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  if (workload.dataPlane.kind === 'none') return skip('outside the mesh: no PeerAuthentication reaches it');
  if (workload.dataPlane.kind === 'gateway')
    return skip('gateway listeners and waypoints have TLS settings of their own');
  if (!captured.captured) return skip(`not captured, so that no PeerAuthentication reaches it: ${captured.why}`);
  if (mtls.mode === 'STRICT' || mtls.mode === 'none') return { kind: 'pass', subject };

  const { plaintext, plaintextFromAnyPod } = port.access;
  const assumes = [...mtls.assumes];
  if (
    mtls.by === null &&
    !facts.isComplete('root-policies') &&
    !facts.isComplete({ namespace: facts.enforcement.rootNamespace })
  ) {
    assumes.push(
      `no PeerAuthentication stands in the root namespace ${facts.enforcement.rootNamespace} (it is not in the input)`,
    );
  }
  const compensations: string[] = [];
  if (!plaintext) compensations.push('authorization refuses callers without an identity');
  else if (!plaintextFromAnyPod) compensations.push('NetworkPolicy keeps pods of other places out');
  return {
    kind: 'fail',
    subject,
    cause: mtls.by,
    causeKey: mtls.by ? `${mtls.level}` : NOTHING_SET,
    factors: {
      entry: 'plaintext',
      requires: plaintext?.verdict.requires.map(({ kind }) => kind) ?? [],
      breaches: 0,
      sensitivity: facts.sensitivity(workload).level,
      compensations,
      stated: facts.wanted.isStated(workload),
      defenceInDepth: plaintext === null,
    },
    status: mtls.status === 'UNKNOWN' ? 'UNKNOWN' : 'INFERRED',
    assumes,
    evidence: [evidenceOf(port)],
    ...(plaintext ? { witness: plaintext.request } : {}),
  };
}

function evidenceOf({ workload, port, mtls }: PortFacts): Evidence {
  const source = mtls.by?.location ?? subjectOf(workload).location;
  const shows = `port ${port.port} of ${workload.id} is ${mtls.mode}${mtls.by ? '' : ': no PeerAuthentication applies, Istio defaults to PERMISSIVE'}`;
  return { source, shows, ...(mtls.by?.clause ? { path: `spec.${mtls.by.clause}`, value: mtls.mode } : {}) };
}

function explainGroup({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = affected(
    facts,
    fails.map(({ subject }) => subject),
  );
  const ports = `${fails.length} ${fails.length === 1 ? 'port accepts' : 'ports accept'} plaintext`;
  const callers = plaintextCallers(facts, workloads);
  const mode = cause ? modeAt(facts, fails) : 'PERMISSIVE';
  const first = fails.find(({ witness }) => witness);
  const ambient = workloads.filter(({ dataPlane }) => dataPlane.kind === 'ambient').length;
  const root = facts.enforcement.rootNamespace;
  const breaking = callers
    .slice(0, 10)
    .map(({ caller, workload, why }) => `would break: ${caller} → ${workload} (${why})`);
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
  return {
    title: cause
      ? `${cause.kind} ${cause.namespace}/${cause.name} is ${mode}: ${ports}`
      : `no PeerAuthentication sets a mode: ${ports}`,
    scenario: `A pod in the cluster without any certificate connects to ${first ? describeTarget(first.subject) : 'one of the ports'} in plaintext and is let in; the policies there see no identity.`,
    impact:
      'Confidentiality and integrity: traffic can be read and forged on the network, and rules on identities cannot tell callers apart.',
    remediation: {
      summary: cause
        ? `set mtls.mode STRICT in ${cause.namespace}/${cause.name}`
        : `set STRICT ${namespaces.length === 1 ? `in namespace ${namespaces[0]}` : `mesh-wide (${root})`}`,
      patches: cause
        ? [changedValue(cause, `spec.${cause.clause ?? 'mtls.mode'}`, mode, 'STRICT')]
        : [
            newObjects(workloads[0]?.resource.origin.source ?? '', [
              strictPolicy(namespaces.length === 1 ? (namespaces[0] ?? root) : root),
            ]),
          ],
      steps: [
        callers.length > 0
          ? `${callers.length} known callers without a mesh identity break; enrol them, or give their port an exception (portLevelMtls with a selector) first`
          : 'the input shows no caller without a mesh identity; check telemetry for connection_security_policy="none" before enforcing',
        ...breaking,
        ...(callers.length > breaking.length ? [`and ${callers.length - breaking.length} more`] : []),
        'apply to one workload by selector, watch for new connections that fail, then widen; open connections keep the old mode until they end',
        ...(ambient > 0
          ? [
              `in ambient (${ambient} workloads) STRICT also refuses what bypasses capture; probes of the kubelet, and whatever runs in the node's network, still get in`,
            ]
          : []),
      ],
    },
    validation: {
      positive: workloads
        .slice(0, 1)
        .map(
          ({ namespace, name, ports: own }) =>
            `from a pod in the mesh: curl -sS -o /dev/null -w '%{http_code}' http://${name}.${namespace}:${own[0]?.services[0]?.port ?? own[0]?.port ?? 80}/ answers as before`,
        ),
      negative: fails
        .slice(0, 1)
        .map(
          ({ subject }) =>
            `from a pod outside the mesh: curl -sS http://<pod IP of ${subject.namespace}/${subject.name}>:${subject.port}/ ends with a connection reset`,
        ),
    },
    rollback: cause
      ? `set ${cause.clause ?? 'mtls.mode'} back to ${mode} at ${formatLocation(cause.location)}`
      : 'delete the new PeerAuthentication; plaintext is accepted again at once',
  };
}

function affected(
  facts: Facts,
  subjects: readonly { readonly cluster: string; readonly namespace: string; readonly name: string }[],
): readonly Workload[] {
  const found = subjects.map((subject) =>
    facts.mesh.workloadsByNamespace
      .get(subject.cluster ? `${subject.cluster}:${subject.namespace}` : subject.namespace)
      ?.find((workload) => workload.name === subject.name && workload.cluster === subject.cluster),
  );
  return [...new Set(found.filter((workload) => workload !== undefined))];
}

function modeAt(facts: Facts, fails: CauseGroup['fails']): string {
  const [fail] = fails;
  const [workload] = fail ? affected(facts, [fail.subject]) : [];
  const port = workload && facts.ports(workload).find((candidate) => candidate.port.port === fail?.subject.port);
  return port?.mtls.mode ?? 'PERMISSIVE';
}

const describeTarget = ({
  namespace,
  name,
  port,
}: {
  readonly namespace: string;
  readonly name: string;
  readonly port?: number;
}): string => `${namespace}/${name}${port === undefined ? '' : `:${port}`}`;

function strictPolicy(namespace: string) {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace },
    spec: { mtls: { mode: 'STRICT' } },
  };
}
