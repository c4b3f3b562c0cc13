import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Telemetry } from '../../model/istio/telemetry.ts';
import type { By } from '../../result/location.ts';
import type { Enforcement } from '../enforcement.ts';
import { compareAge } from '../gateway/age.ts';
import { hasSelector, matchLabelsOf, targetsOf } from '../policy-index.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';

/** Whether requests that a workload receives are logged where they arrive. */
export interface AccessLogging {
  readonly logs: boolean;
  /** The Telemetry that decided last; null: mesh config or data plane, see `why`. */
  readonly by: By | null;
  readonly from: 'telemetry' | 'mesh-config' | 'default' | 'data-plane';
  readonly why: string;
}

/**
 * Access logs per workload: Telemetry of the root namespace, then of the namespace, then for the workload, each adding to and overriding what
 * came before per provider; `accessLogFile` of the mesh config where none of them speaks of access logs. ztunnel logs every connection.
 *
 * Source: istio pilot/pkg/model/telemetry.go (applicableTelemetries, mergeLogs), pilot/pkg/networking/core/accesslog.go. Providers that
 * `defaultProviders` names are not modelled: an entry without providers then turns on nothing.
 */
export function accessLogging(enforcement: Enforcement): (workload: Workload) => AccessLogging {
  const ofNamespace = new Map<string, readonly Telemetry[]>();
  const telemetriesIn = (cluster: string, namespace: string): readonly Telemetry[] => {
    const key = `${cluster}\n${namespace}`;
    let list = ofNamespace.get(key);
    if (!list) {
      list = enforcement.mesh.resources.inNamespace('Telemetry', namespace, cluster).toSorted(compareAge);
      ofNamespace.set(key, list);
    }
    return list;
  };
  return (workload) => {
    const { kind } = workload.dataPlane;
    if (kind === 'none') return { logs: false, by: null, from: 'data-plane', why: 'no proxy sees its traffic' };
    if (kind === 'ambient') return { logs: true, by: null, from: 'data-plane', why: 'ztunnel logs connections' };
    const { cluster, namespace } = workload;
    const root = telemetriesIn(cluster, enforcement.rootNamespace);
    const own = telemetriesIn(cluster, namespace);
    const applied = [
      root.find(isWide),
      own === root ? undefined : own.find(isWide),
      own.find((each) => isFor(each, workload)),
    ];
    const speaking = applied
      .filter((each) => each !== undefined)
      .filter(({ spec }) => spec.accessLogging !== undefined);
    const last = speaking.at(-1);
    if (last) {
      const by = byOf(last, { clause: 'accessLogging', path: ['spec', 'accessLogging'] });
      return { logs: isAnyOn(speaking), by, from: 'telemetry', why: `Telemetry ${last.namespace}/${last.name}` };
    }
    const { value, from, by } = enforcement.configOf(workload).accessLogFile;
    return { logs: value !== '', by: null, from: from === 'default' ? 'default' : 'mesh-config', why: by };
  };
}

/** Entries in order; providers stay the last ones named. */
function isAnyOn(telemetries: readonly Telemetry[]): boolean {
  const on = new Map<string, boolean>();
  let names: readonly string[] = [];
  for (const { match, providers = [], disabled = false } of telemetries.flatMap(
    ({ spec }) => spec.accessLogging ?? [],
  )) {
    if (match?.mode === 'CLIENT') continue;
    if (providers.length > 0) names = providers.map(({ name = '' }) => name);
    for (const name of names) on.set(name, !disabled);
  }
  return [...on.values()].includes(true);
}

export const isWide = ({ spec }: Telemetry): boolean => !hasSelector(spec) && targetsOf(spec).length === 0;

export function isFor({ spec }: Telemetry, { labels, gateway }: Workload): boolean {
  const targets = targetsOf(spec);
  if (targets.length > 0)
    return targets.some(({ kind, name }) => kind === 'Gateway' && name !== undefined && name === gateway?.gatewayName);
  return hasSelector(spec) && matchesLabels(matchLabelsOf(spec), labels);
}
