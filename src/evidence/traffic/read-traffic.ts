import type { Workload } from '../../model/inventory/types.ts';
import type { Observation } from '../../model/observation/observation.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { groupBy } from '../../util/group-by.ts';
import { logSightings } from './log-sightings.ts';
import { mergeSightings } from './merge-sightings.ts';
import { metricSightings } from './metric-sightings.ts';
import type { Sighting } from './sighting.ts';
import type { SeenFlow, SeenShadow, SeenWindow, TrafficSeen, Unplaced } from './traffic-seen.ts';

/** What the telemetry among the observations shows of the traffic of this mesh. */
export function readTraffic(enforcement: Enforcement, observations: readonly Observation[]): TrafficSeen {
  const sightings: Sighting[] = [];
  const windows: SeenWindow[] = [];
  const unplaced: Unplaced[] = [];
  const shadows: SeenShadow[] = [];
  for (const observation of observations) {
    if (observation.kind !== 'prometheus' && observation.kind !== 'access-log') continue;
    const found =
      observation.kind === 'prometheus'
        ? metricSightings(enforcement.mesh, observation)
        : logSightings(enforcement, observation);
    for (const sighting of found.sightings) sightings.push(sighting);
    unplaced.push(...found.unplaced);
    shadows.push(...found.shadows);
    windows.push(windowOf(observation));
  }
  const flows = mergeSightings(sightings, windows);
  const to = groupBy(flows, (flow) => flow.to);
  const from = groupBy(
    flows.filter((flow): flow is SeenFlow & { from: { workload: Workload } } => flow.from.workload !== undefined),
    (flow) => flow.from.workload,
  );
  return {
    flows,
    windows,
    unplaced,
    shadows,
    to: (workload) => to.get(workload) ?? [],
    from: (workload) => from.get(workload) ?? [],
  };
}

function windowOf(observation: Extract<Observation, { kind: 'prometheus' | 'access-log' }>): SeenWindow {
  const { file, window } = observation;
  if (observation.kind === 'prometheus') {
    const sampling =
      observation.window.from === undefined
        ? 'counters of one moment: all requests since each proxy started, without days'
        : 'all requests that proxies counted';
    return { file, kind: 'metrics', ...(window?.to ? window : {}), sampling };
  }
  const sampling = `${observation.lines} lines: what proxies were told to log, as far as the file holds it`;
  return { file, kind: 'access-log', ...window, sampling };
}
