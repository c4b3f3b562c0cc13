import type { Facts, PortFacts } from '../../graph/facts.ts';
import { isMachinery } from '../../graph/machinery.ts';
import { type PlaintextCaller, plaintextCallers } from '../../graph/plaintext-callers.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import { formatLocation } from '../../result/location.ts';
import type { CauseGroup, Explanation, Fail } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { makeStrict, type StrictChange, writtenMode } from './make-strict.ts';

/** The words and the change for one PeerAuthentication, or the lack of one, that lets ports accept plaintext. */
export function explainPlaintext({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const ports = portsOf(facts, workloads, fails);
  const policy = cause
    ? facts.mesh.resources.find('PeerAuthentication', cause.namespace, cause.name, fails[0]?.subject.cluster)
    : undefined;
  const callers = plaintextCallers(facts, workloads).filter(
    (caller) =>
      caller.port === undefined ||
      ports.some(({ workload, port }) => workload.id === caller.workload && port.port === caller.port),
  );
  const count = `${fails.length} ${fails.length === 1 ? 'port accepts' : 'ports accept'} plaintext`;
  const written =
    policy && ports[0] ? (writtenMode(policy, ports[0].port.port)?.mode ?? ports[0].mtls.mode) : 'PERMISSIVE';
  return {
    title: policy
      ? `PeerAuthentication ${policy.namespace}/${policy.name} is ${written}: ${count}`
      : `no PeerAuthentication sets a mode: ${count} in ${extentOf(workloads)}`,
    scenario: scenarioOf(fails),
    impact:
      'Confidentiality and integrity: traffic can be read and forged on the network, and rules on identities cannot tell callers apart.',
    remediation: remediationOf(facts, policy, ports, callers),
    validation: validationOf(ports[0]),
    rollback: policy
      ? `apply PeerAuthentication ${policy.namespace}/${policy.name} again as it stands at ${formatLocation(cause?.location ?? policy.origin.locate([]))}`
      : 'delete the new PeerAuthentication; plaintext is accepted again at once',
  };
}

function portsOf(facts: Facts, workloads: readonly Workload[], fails: readonly Fail[]): readonly PortFacts[] {
  const failing = new Set(
    fails.map(({ subject }) => `${subject.cluster}\n${subject.namespace}/${subject.name}:${subject.port}`),
  );
  return workloads.flatMap((workload) =>
    facts
      .ports(workload)
      .filter(({ port }) => failing.has(`${workload.cluster}\n${workload.namespace}/${workload.name}:${port.port}`)),
  );
}

function scenarioOf(fails: readonly Fail[]): string {
  const first = fails.find(({ witness }) => witness);
  if (!first) {
    return 'Code in the cluster without any certificate opens a connection in plaintext and the proxy takes it; today every policy there refuses requests without an identity, and whoever loosens one opens the port to all.';
  }
  const { namespace, name, port } = first.subject;
  return `Code in the cluster without any certificate connects to ${namespace}/${name}:${port} in plaintext and is let in; the policies there see no identity.`;
}

const describeCaller = ({ caller, workload, port, why }: PlaintextCaller): string =>
  `${caller} → ${workload}${port === undefined ? '' : `:${port}`} (${why})`;

function remediationOf(
  facts: Facts,
  policy: PeerAuthentication | undefined,
  ports: readonly PortFacts[],
  callers: readonly PlaintextCaller[],
): Explanation['remediation'] {
  const isWebhook = ({ workload, port }: PortFacts): boolean =>
    callers.some(
      (each) => each.caller === 'kube-apiserver' && each.workload === workload.id && each.port === port.port,
    );
  if (policy && ports.every(isWebhook)) {
    return {
      summary:
        'keep the exception, which the API server needs to call the webhook, and limit who reaches the port by NetworkPolicy',
      changes: [],
      steps: [
        `STRICT would break: ${fewOf(callers.map(describeCaller), 5)}`,
        'admit only the addresses of the API server to the port in a NetworkPolicy, and only this port in an AuthorizationPolicy without `from`',
        'record the exception in meshproof.yaml with an owner and a date',
      ],
    };
  }
  const change = makeStrict(facts, policy, ports, ports.filter(isWebhook));
  const outside = outsiders(facts, ports);
  const isKept = ({ workload, port: called }: PlaintextCaller): boolean =>
    change.kept.some(({ workload: { id }, port }) => id === workload && port.port === called);
  const breaking = callers.filter((caller) => !isKept(caller)).map(describeCaller);
  const ambient = ports.filter(({ workload }) => workload.dataPlane.kind === 'ambient').length;
  return {
    summary: change.summary,
    changes: change.changes,
    steps: [
      ...(breaking.length > 0
        ? [
            `${breaking.length} known ${breaking.length === 1 ? 'caller' : 'callers'} without a certificate of the mesh would break: enrol them, or give their port an exception (portLevelMtls in a policy with a selector) first`,
          ]
        : [
            'the input shows no caller without a certificate of the mesh; check telemetry for connection_security_policy="none" before enforcing',
          ]),
      ...breaking.slice(0, 10).map((each) => `would break: ${each}`),
      ...(breaking.length > 10 ? [`and ${breaking.length - 10} more`] : []),
      ...(outside.length > 0 ? [`not in the mesh, and may call them in plaintext: ${fewOf(outside, 8)}`] : []),
      ...change.kept.map(
        ({ workload, port }) =>
          `${workload.id}:${port.port} keeps an exception in a policy of its own, since the API server calls it: limit it by NetworkPolicy`,
      ),
      ...portSteps(policy, ports),
      ...leftSteps(change),
      'kubelet probes of sidecars go to the agent (port 15020) and survive, unless sidecar.istio.io/rewriteAppHTTPProbers is "false"',
      'apply to one workload by selector, watch for new connections that fail, then widen; open connections keep the old mode until they end',
      ...(ambient > 0
        ? [
            `in ambient (${ambient} ${ambient === 1 ? 'port' : 'ports'}) STRICT refuses plaintext that bypasses the client's ztunnel too; whatever runs in the node's network (kubelet probes, hostNetwork pods), and pods with ambient.istio.io/bypass-inbound-capture, stay out of its reach`,
          ]
        : []),
    ],
  };
}

/** Workloads of the same namespaces that have no proxy: what they call there, they call in plaintext. */
function outsiders({ mesh }: Facts, ports: readonly PortFacts[]): readonly string[] {
  const places = new Set(ports.map(({ workload }) => namespaceKey(workload.cluster, workload.namespace)));
  return [...places]
    .sort()
    .flatMap((place) => mesh.workloadsByNamespace.get(place) ?? [])
    .filter((workload) => workload.dataPlane.kind === 'none' && !isMachinery(workload))
    .map(({ id }) => id);
}

function portSteps(policy: PeerAuthentication | undefined, ports: readonly PortFacts[]): readonly string[] {
  if (!policy) return [];
  const entries = Object.keys(policy.spec.portLevelMtls ?? {}).map(Number);
  const own = new Set(ports.flatMap(({ workload }) => workload.ports.map(({ port }) => port)));
  const confused = entries.filter(
    (entry) => !own.has(entry) && ports.some(({ port }) => port.services.some((service) => service.port === entry)),
  );
  const disabled = ports.some(
    ({ port, mtls }) => mtls.mode === 'DISABLE' || writtenMode(policy, port.port)?.mode === 'DISABLE',
  );
  return [
    ...(confused.length > 0
      ? [
          `portLevelMtls ${confused.join(', ')} is a port of the Service and does nothing: entries mean the port of the workload itself (${fewOf([...new Set(ports.map(({ port }) => String(port.port)))], 5)})`,
        ]
      : []),
    ...(disabled
      ? [
          'with DISABLE clients of the mesh send plaintext too; with STRICT their proxies turn to mutual TLS by themselves, but for those that a DestinationRule tells otherwise',
        ]
      : []),
  ];
}

function leftSteps({ left }: StrictChange): readonly string[] {
  if (left.length === 0) return ['decided again on the model: after the change these ports refuse plaintext'];
  return [
    `still accepts plaintext after it, by another policy: ${fewOf(
      left.map(({ workload, port }) => `${workload.id}:${port.port}`),
      5,
    )}`,
  ];
}

function validationOf(port: PortFacts | undefined): Explanation['validation'] {
  if (!port) return { positive: [], negative: [] };
  const { namespace, name } = port.workload;
  const address = `${name}.${namespace}:${port.port.services[0]?.port ?? port.port.port}`;
  const http = port.port.chain !== 'tcp';
  return {
    positive: [
      http
        ? `from a pod in the mesh: curl -sS -o /dev/null -w '%{http_code}\\n' http://${address}/ answers as before`
        : `from a pod in the mesh: a client of ${address} connects as before`,
    ],
    negative: [
      http
        ? `from a pod outside the mesh: curl -sS http://<pod IP of ${namespace}/${name}>:${port.port.port}/ ends with a connection reset`
        : `from a pod outside the mesh: nc -v <pod IP of ${namespace}/${name}> ${port.port.port} is closed at once`,
    ],
  };
}
