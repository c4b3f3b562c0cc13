import type { Facts } from '../../graph/facts.ts';
import type { AuditResult, Finding } from '../../result/types.ts';
import { narrowing, type Unsettled } from '../../score/narrowing.ts';
import { groupBy } from '../../util/group-by.ts';

/** What is open: every input that is missing or assumed, how many conclusions it would settle, and the read-only command that shows it. */
export function residualResult(facts: Facts, findings: readonly Finding[], input: string): AuditResult['residual'] {
  const open = new Map<string, { settles: number; command: string; about?: Unsettled }>();
  const add = (unknown: string, settles: number, command: string, about?: Unsettled): void => {
    const known = open.get(unknown);
    if (known) known.settles += settles;
    else open.set(unknown, { settles, command, ...(about ? { about } : {}) });
  };
  const unenrolled = groupBy(
    facts.mesh.workloads.filter(({ dataPlane }) => dataPlane.status === 'UNKNOWN'),
    ({ namespace }) => namespace,
  );
  const inMesh = facts.mesh.workloads.filter(({ dataPlane }) => dataPlane.kind !== 'none');
  const ports = inMesh.reduce((total, { ports }) => total + ports.length, 0);
  const unproven = inMesh.filter((workload) => facts.evidence?.of(workload)?.captured.state !== 'verified');
  const isSeen = unproven.length > 0 && unproven.length < inMesh.length;
  if (unproven.length > 0 || inMesh.length === 0) {
    const left = unproven.reduce((total, { ports }) => total + ports.length, 0);
    add(
      isSeen
        ? `whether the proxies of ${unproven.length} of ${inMesh.length} workloads hold and capture what the manifests say (not all of their replicas were looked into)`
        : 'whether the proxies hold and capture what the manifests say (no data-plane evidence in the input)',
      isSeen ? left + findings.filter(({ status }) => status !== 'VERIFIED').length : ports + findings.length,
      'istioctl proxy-config all <pod> -o json',
    );
  }
  for (const workload of inMesh) {
    const seen = facts.evidence?.of(workload);
    // Where only probes were sent, there is nothing that a proxy holds to be read.
    if (!seen || seen.proxies.length === 0) continue;
    for (const [port, { mtls, policies, tokens }] of seen.ports) {
      for (const [what, { state, why }] of [
        ['mutual TLS', mtls],
        ['policies', policies],
        ['token rules', tokens],
      ] as const) {
        if (state !== 'open') continue;
        add(
          `what the proxies of ${workload.id} make of ${what} on port ${port}: ${why}`,
          1,
          `istioctl proxy-config listener <pod> -n ${workload.namespace} -o json`,
        );
      }
    }
  }
  for (const [namespace, workloads] of unenrolled) {
    add(
      `whether namespace ${namespace} is enrolled (its labels are not in the input)`,
      workloads.reduce((total, { ports: own }) => total + 1 + own.length, 0),
      `kubectl get namespace ${namespace} -o yaml | meshproof audit ${input} -`,
      { workloads: new Set(workloads.map(({ id }) => id)) },
    );
  }
  for (const workload of inMesh) {
    for (const { kind, namespace, name } of facts.enforcement.patchesOf(workload)) {
      // What is not modelled, and plugins, are listed below.
      if (kind !== 'EnvoyFilter' && kind !== 'AuthorizationPolicy') continue;
      const command = `istioctl proxy-config listener <pod> -n ${workload.namespace} -o json`;
      add(`what ${kind} ${namespace}/${name} changes in what proxies enforce`, workload.ports.length, command);
    }
  }
  for (const { kind, namespace, name, touches, why } of facts.mesh.resources.unmodelled) {
    // Other meshes, and policy APIs that nothing enforces any more, change nothing here.
    if (touches === 'authorization') continue;
    const touched = facts.mesh.workloads.filter((workload) => namespace === '' || workload.namespace === namespace);
    const full = namespace ? `${namespace}/${name}` : name;
    const command = `kubectl get ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ''} -o yaml`;
    add(`what ${kind} ${full} does, which is not modelled: ${why}`, touched.length, command);
  }
  const plugins = [...facts.mesh.resources.of('WasmPlugin'), ...facts.mesh.resources.of('TrafficExtension')];
  for (const { kind, namespace, name, spec } of plugins) {
    if (spec.phase !== 'AUTHN' && spec.phase !== 'AUTHZ') continue;
    const touched = inMesh.filter((workload) => workload.namespace === namespace);
    const what = `whether ${kind} ${namespace}/${name} rewrites what policies read, or refuses requests itself`;
    add(what, touched.length, `kubectl get ${kind.toLowerCase()} ${name} -n ${namespace} -o yaml`);
  }
  const root = facts.enforcement.rootNamespace;
  if (facts.mesh.config.trustDomain.from === 'default' && !facts.isComplete('mesh-config')) {
    add(
      'the mesh config in force (Istio defaults are assumed)',
      inMesh.length,
      `kubectl get configmap istio -n ${root} -o yaml | meshproof audit ${input} -`,
      { complete: 'mesh-config' },
    );
  }
  if (!facts.isComplete('root-policies') && !facts.isComplete({ namespace: root })) {
    add(
      `policies in the root namespace ${root} (none are in the input)`,
      ports,
      `kubectl get authorizationpolicies,peerauthentications,requestauthentications -n ${root} -o yaml | meshproof audit ${input} -`,
      { complete: 'root-policies' },
    );
  }
  if (facts.mesh.resources.of('NetworkPolicy').length > 0) {
    const isolated = facts.mesh.workloads.filter(
      (workload) => facts.mesh.resources.inNamespace('NetworkPolicy', workload.namespace, workload.cluster).length > 0,
    );
    add(
      'whether the CNI enforces NetworkPolicy',
      isolated.length,
      'kubectl get daemonsets -A -l k8s-app -o name; state it as mesh.cni in meshproof.yaml',
    );
  }
  for (const kind of ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'] as const) {
    if (facts.mesh.resources.of(kind).length === 0) continue;
    const pods = facts.mesh.workloads.filter(({ hostNetwork }) => !hostNetwork);
    const command = `kubectl get ${kind.toLowerCase()} -o yaml  # status.conditions, set by the CNI that takes it in`;
    add(`whether the CNI implements ${kind}`, pods.length, command);
  }
  if (facts.wanted.flows.every(({ basis }) => basis !== 'declared')) {
    add(
      'which traffic is wanted (nothing is declared, so excess access is probable, not certain)',
      findings.length,
      'declare `wanted:` in meshproof.yaml',
    );
  }
  const narrows = narrowing(facts, findings);
  return [...open]
    .map(([unknown, { settles, command, about }]) => ({
      unknown,
      settles,
      command,
      points: about ? narrows(about) : 0,
    }))
    .sort((a, b) => b.settles - a.settles || b.points - a.points || (a.unknown < b.unknown ? -1 : 1))
    .map(({ points, ...question }) => ({ ...question, ...(points > 0 ? { narrows: points } : {}) }));
}
