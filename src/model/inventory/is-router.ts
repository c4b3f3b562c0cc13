import type { Workload } from './types.ts';

/** A gateway for what comes in or goes out, whose listeners and routes decide; a waypoint is none. */
export const isRouter = ({ dataPlane, gateway }: Pick<Workload, 'dataPlane' | 'gateway'>): boolean =>
  dataPlane.kind === 'gateway' && gateway?.kind !== 'waypoint';
