import type { Facts } from '../../graph/facts.ts';
import { isMachinery } from '../../graph/machinery.ts';
import { type Mesh, namespaceKey, principal, type Workload } from '../../model/inventory/types.ts';
import { allowRules } from '../../rules/authz/allow-rules.ts';
import { callersOf, type NamedCaller } from '../../rules/authz/callers.ts';
import { defaultDeny, hasDefaultDeny } from '../../rules/authz/default-deny.ts';
import { allowFor } from '../../rules/authz/proposal.ts';
import { type Fix, targetsOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { isNamespaceStated, isWorthGuessing } from './admit.ts';

/** A namespace outside the mesh: an ALLOW for each workload with its known callers, a default deny, and then the label that its neighbours have. */
export const enrolNamespace: Fix = {
  id: 'enrol-namespace',
  propose(facts, { cause, hops }) {
    const [target] = targetsOf(hops);
    if (target?.dataPlane.kind !== 'none' || cause.kind !== 'Namespace') return [];
    const { cluster, namespace } = target;
    const { mesh, enforcement } = facts;
    const home = mesh.resources.find('Namespace', '', namespace, cluster);
    const style = usualStyle(mesh);
    if (!home || !style || namespace === enforcement.rootNamespace) return [];
    const joining = (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? []).filter(
      (workload) => workload.dataPlane.kind === 'none' && !workload.hostNetwork && !isMachinery(workload),
    );
    if (joining.length === 0 || joining.length > MOST) return [];
    // Who calls a whole namespace is not guessed.
    if (joining.some((workload) => !isNamespaceStated(facts, workload) && !isWorthGuessing(facts, workload))) return [];
    const policies = joining.flatMap((workload) => policyFor(facts, workload, style, new Set(joining)));
    const changes: readonly Change[] = [
      ...policies,
      ...(hasDefaultDeny(enforcement, cluster, namespace)
        ? []
        : [{ kind: 'add', manifest: defaultDeny(facts, namespace, cluster), beside: home } as const]),
      {
        kind: 'edit',
        resource: home,
        edits: [{ op: 'set', path: ['metadata', 'labels', style.label], value: style.value }],
      },
    ];
    return [
      {
        id: `enrol-namespace ${namespaceKey(cluster, namespace)}`,
        summary: `${namespaceKey(cluster, namespace)}: into the mesh (${style.label}: ${style.value}), with a default deny and the known callers by name`,
        changes,
        destinations: joining,
        senders: joining,
        effort: 4,
        unknownCallers: joining.filter((workload) => !facts.wanted.isStated(workload)),
        unproven: [],
        preconditions: [
          style.plane === 'ambient'
            ? 'the CNI agent and ztunnel run on every node'
            : 'the injection webhook of its revision is there',
          'nobody outside the mesh has to call it, but for whom the plan names',
        ],
        sideEffects: [
          ...(style.plane === 'sidecar' ? ['its pods restart'] : []),
          'clients outside the mesh are refused where mutual TLS is STRICT',
          'callers that are not named get 403 (HTTP) or a reset connection (TCP)',
        ],
      },
    ];
  },
};

const MOST = 200;

interface Style {
  readonly plane: 'sidecar' | 'ambient';
  readonly label: string;
  readonly value: string;
}

/** How most namespaces of the mesh joined it. */
function usualStyle({ namespaces, workloadsByNamespace }: Mesh): Style | undefined {
  const counts = new Map<string, { readonly style: Style; count: number }>();
  for (const [key, { labels }] of namespaces) {
    const style = styleOf(labels);
    if (!style || !workloadsByNamespace.get(key)?.some(({ dataPlane }) => dataPlane.kind === style.plane)) continue;
    const id = `${style.label}=${style.value}`;
    const known = counts.get(id) ?? { style, count: 0 };
    known.count++;
    counts.set(id, known);
  }
  const [most] = [...counts].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  return most?.[1].style;
}

function styleOf(labels: Readonly<Record<string, string>>): Style | undefined {
  const { 'istio-injection': injection, 'istio.io/rev': revision, 'istio.io/dataplane-mode': mode } = labels;
  if (mode === 'ambient') return { plane: 'ambient', label: 'istio.io/dataplane-mode', value: mode };
  if (injection === 'enabled') return { plane: 'sidecar', label: 'istio-injection', value: injection };
  return revision === undefined ? undefined : { plane: 'sidecar', label: 'istio.io/rev', value: revision };
}

function policyFor(
  facts: Facts,
  workload: Workload,
  { plane }: Style,
  joining: ReadonlySet<Workload>,
): readonly Change[] {
  const trustDomain = facts.enforcement.configOf(workload).trustDomain.value;
  const neighbours = facts.wanted.to(workload).flatMap((flow): readonly NamedCaller[] => {
    const from = flow.from === 'internet' ? undefined : facts.mesh.workloadById.get(flow.from);
    if (!from || from === workload || from.identity !== null || !joining.has(from)) return [];
    const { port, methods = [], paths = [], basis } = flow;
    const identity = principal(trustDomain, from.namespace, from.serviceAccount);
    return [{ from, identity, ports: port === undefined ? [] : [port], methods, paths, why: `wanted (${basis})` }];
  });
  const callers = [...callersOf(facts, workload).named, ...neighbours];
  const ports = workload.ports.filter(({ transport }) => transport === 'TCP').map(({ port }) => port);
  const joined: Workload = { ...workload, dataPlane: { ...workload.dataPlane, kind: plane } };
  const rules = [
    ...allowRules(joined, callers, ports),
    ...(isNamespaceStated(facts, workload) ? [] : [{ from: [{ source: { namespaces: [workload.namespace] } }] }]),
  ];
  if (rules.length === 0) return [];
  return allowFor(facts, workload, rules).map((manifest) => ({ kind: 'add', manifest, beside: workload.resource }));
}
