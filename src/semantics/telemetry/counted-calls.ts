import type { Workload } from '../../model/inventory/types.ts';
import type { Telemetry } from '../../model/istio/telemetry.ts';
import type { Enforcement } from '../enforcement.ts';
import { isFor, isWide } from './access-logging.ts';

/** Metrics that calls are counted by; `ALL_METRICS` is the enum's zero value. */
const COUNTS = /^(ALL_METRICS|REQUEST_COUNT|TCP_OPENED_CONNECTIONS|)$/;
/** Tags by which a caller is known. */
const NAMES_CALLER = /^(source_principal|source_workload|source_workload_namespace|connection_security_policy)$/;

/**
 * The Telemetry because of which calls to a workload may not be counted, or not with who called; undefined: none. One that another overrides
 * again counts too: nothing is concluded from calls that are missing.
 *
 * Source: istio pilot/pkg/model/telemetry.go (mergeMetrics), api/telemetry/v1alpha1/telemetry.proto (MetricsOverrides).
 */
export function uncountedBy({ mesh, rootNamespace }: Enforcement, workload: Workload): Telemetry | undefined {
  const { cluster, namespace } = workload;
  const root = mesh.resources.inNamespace('Telemetry', rootNamespace, cluster);
  const own = mesh.resources.inNamespace('Telemetry', namespace, cluster);
  return [...root.filter(isWide), ...own.filter((each) => isWide(each) || isFor(each, workload))].find(hides);
}

const hides = ({ spec }: Telemetry): boolean =>
  (spec.metrics ?? []).some(({ overrides = [] }) =>
    overrides.some(
      ({ match, disabled, tagOverrides = {} }) =>
        match?.mode !== 'CLIENT' &&
        COUNTS.test(match?.metric ?? '') &&
        (disabled === true || Object.keys(tagOverrides).some((tag) => NAMES_CALLER.test(tag))),
    ),
  );
