import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type {
  AmbientEntry,
  AmbientIndexDump,
  AmbientService,
  ZtunnelDump,
} from '../../model/observation/ambient-state.ts';
import { findWorkload } from '../match-proxies.ts';
import { type LoadedAuthorization, readAuthorization } from './read-authorization.ts';

/** One document with its policies read. */
export interface AmbientView {
  readonly from: ZtunnelDump | AmbientIndexDump;
  /** Undefined: the document does not have them. */
  readonly held: readonly LoadedAuthorization[] | undefined;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, AmbientService>;
}

/** A pod as one document has it. */
export interface SeenPod {
  readonly entry: AmbientEntry;
  readonly view: AmbientView;
}

export interface MatchedPods {
  readonly byWorkload: ReadonlyMap<Workload, readonly SeenPod[]>;
  readonly strangers: readonly string[];
}

const NAMED = 3;

/** Pods of ambient workloads in what ztunnels and istiod say. Those of sidecars, gateways and of nothing in the mesh are not ztunnel's. */
export function matchPods(mesh: Mesh, documents: readonly (ZtunnelDump | AmbientIndexDump)[]): MatchedPods {
  const byWorkload = new Map<Workload, SeenPod[]>();
  const strangers: string[] = [];
  for (const from of documents) {
    const services = new Map((from.services ?? []).map((each) => [`${each.namespace}/${each.name}`, each]));
    const view: AmbientView = { from, held: from.policies?.map(readAuthorization), services };
    const unknown: string[] = [];
    for (const entry of from.workloads) {
      const { pod, namespace, workload: name } = entry;
      const proxy = { pod, namespace, ...(name === undefined ? {} : { workload: name }) };
      const workload = findWorkload(mesh, { proxy, cluster: from.cluster });
      if (!workload) {
        if (entry.protocol === 'HBONE' && !entry.isNative) unknown.push(`${namespace}/${pod}`);
      } else if (workload.dataPlane.kind === 'ambient') {
        const list = byWorkload.get(workload);
        if (list) list.push({ entry, view });
        else byWorkload.set(workload, [{ entry, view }]);
      }
    }
    if (unknown.length > 0) strangers.push(`${from.file}: ${describe(unknown)}`);
  }
  return { byWorkload, strangers };
}

function describe(pods: readonly string[]): string {
  const more = pods.length > NAMED ? ` and ${pods.length - NAMED} more` : '';
  const names = `${pods.slice(0, NAMED).join(', ')}${more}`;
  return pods.length === 1
    ? `${names} is in the mesh and no pod of a workload of the input`
    : `${names} are in the mesh and no pods of workloads of the input`;
}
