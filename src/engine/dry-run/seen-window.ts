import { daysCovered } from '../../evidence/traffic/days-covered.ts';
import type { SeenWindow, TrafficSeen } from '../../evidence/traffic/traffic-seen.ts';
import type { DryRun } from '../../result/dry-run.ts';

/** What telemetry there is, and which days it covers. */
export function seenWindow({ windows, unplaced }: TrafficSeen): DryRun['window'] {
  return {
    metrics: spanOf(windows.filter(({ kind }) => kind === 'metrics')),
    logs: spanOf(windows.filter(({ kind }) => kind === 'access-log')),
    files: windows.map((window) => ({ ...window })),
    unplaced: Math.round(unplaced.reduce((sum, { count }) => sum + count, 0)),
  };
}

function spanOf(windows: readonly SeenWindow[]): DryRun['window']['metrics'] {
  const times = (end: 'from' | 'to'): readonly string[] => windows.flatMap((window) => window[end] ?? []).toSorted();
  const [from] = times('from');
  const to = times('to').at(-1);
  return { days: daysCovered(windows), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
