import { isCaptured } from '../../semantics/capture.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Path } from '../../model/resource.ts';
import { type Candidate, type Fix, nameOf, targetsOf } from '../candidate.ts';
import type { FieldEdit } from '../../model/change/change.ts';

/** A proxy that is kept from seeing a port, by an opt-out, an excluded port or the network of the node: takes out what keeps it. */
export const closeHole: Fix = {
  id: 'close-hole',
  propose(_facts, { cause, hops }) {
    return targetsOf(hops)
      .filter(({ resource }) => resource.kind === cause.kind && nameOf(resource) === nameOf(cause))
      .flatMap((workload) => candidatesFor(workload, portsOf(hops, workload)));
  },
};

function portsOf(
  hops: readonly { readonly to: unknown; readonly port?: number }[],
  workload: Workload,
): readonly number[] {
  return [
    ...new Set(
      hops.flatMap(({ to, port }) =>
        (to as { readonly workload?: Workload }).workload === workload && port !== undefined ? [port] : [],
      ),
    ),
  ];
}

function candidatesFor(workload: Workload, ports: readonly number[]): readonly Candidate[] {
  const edits =
    workload.dataPlane.kind === 'none' ? enrolments(workload) : ports.flatMap((port) => captures(workload, port));
  const distinct = [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
  if (distinct.length === 0) return [];
  const { resource } = workload;
  const what = distinct.map(({ path }) => String(path.at(-1))).join(', ');
  return [
    {
      id: `close-hole ${resource.kind} ${nameOf(resource)}`,
      summary: `${workload.id}: take out ${what}, so that its proxy sees ${ports.length === 1 ? `port ${ports[0]}` : 'its ports'}`,
      changes: [{ kind: 'edit', resource, edits: distinct }],
      destinations: [workload],
      senders: [workload],
      effort: 3,
      unknownCallers: [],
      unproven: [],
      preconditions: ['the injection webhook of its revision is there'],
      sideEffects: [
        'its pods restart',
        'clients without a certificate of the mesh are refused where the port is STRICT',
      ],
    },
  ];
}

const INJECT = 'sidecar.istio.io/inject';
const MODE = 'istio.io/dataplane-mode';

/** What keeps a single workload out of a mesh that its namespace is in. */
function enrolments(workload: Workload): readonly FieldEdit[] {
  const { templatePath, labels, annotations, hostNetwork } = workload;
  const metadata: Path = [...templatePath, 'metadata'];
  return [
    ...(labels[INJECT] === 'false' ? [{ op: 'delete', path: [...metadata, 'labels', INJECT] } as const] : []),
    ...(annotations[INJECT] === 'false' ? [{ op: 'delete', path: [...metadata, 'annotations', INJECT] } as const] : []),
    ...(labels[MODE] === 'none' ? [{ op: 'delete', path: [...metadata, 'labels', MODE] } as const] : []),
    ...(hostNetwork ? [{ op: 'delete', path: [...templatePath, 'spec', 'hostNetwork'] } as const] : []),
  ];
}

/** What keeps one port from the proxy. */
function captures(workload: Workload, port: number): readonly FieldEdit[] {
  if (isCaptured(workload, port).captured) return [];
  const { capture } = workload.dataPlane;
  const { sources } = capture;
  const take = (path: Path | undefined): readonly FieldEdit[] => (path ? [{ op: 'delete', path }] : []);
  if (capture.bypassInbound) return take(sources.bypassInbound);
  if (capture.mode === 'NONE') return take(sources.mode);
  if (capture.includeInboundPorts !== '*') return take(sources.includeInboundPorts);
  const path = sources.excludeInboundPorts;
  const name = path?.at(-1);
  const written = workload.annotations[String(name)];
  const left = (written ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== String(port));
  if (!path || name !== 'traffic.sidecar.istio.io/excludeInboundPorts') return take(path);
  return left.length === 0 ? take(path) : [{ op: 'set', path, value: left.join(',') }];
}
