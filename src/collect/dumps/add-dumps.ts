import type { ClusterManifest } from '../bundle/manifest.ts';
import type { ExchangeLimits } from '../live/exchange.ts';
import type { ObjectStore } from '../live/object-store.ts';
import { forwardTo } from '../live/port-forward.ts';
import { choosePods, type DumpPlan } from './choose-pods.ts';
import { toLine } from './kept-observation.ts';
import { type ReadDumpsOptions, readDumps } from './read-dumps.ts';

export interface DumpOptions {
  /** Told what it will cost before any pod is asked; false: none is. */
  readonly mayDump: (context: string, plan: DumpPlan) => Promise<boolean>;
  readonly limits?: ExchangeLimits;
}

/** Where dumps are kept, beside the lists of objects. */
const PLACE = { group: 'meshproof.dev', resource: 'dumps' } as const;

/** Asks the proxies of a cluster whose objects were read what they run. The manifest says what came of it. */
export async function addDumps(
  store: ObjectStore,
  manifest: ClusterManifest,
  { mayDump, limits }: DumpOptions,
  options: ReadDumpsOptions = {},
): Promise<ClusterManifest> {
  const { name, read } = manifest;
  const ofCore = (resource: string) => read.filter((list) => list.group === '' && list.resource === resource);
  const pods = (await Promise.all(ofCore('pods').map((list) => store.read(list)))).flat();
  const services = ofCore('services').reduce((sum, { objects }) => sum + objects, 0);
  const plan = choosePods(pods, services);
  if (plan.targets.length > 0 && !(await mayDump(name, plan))) return manifest;
  const { observations, gaps } = await readDumps(forwardTo(name, limits), plan, options);
  const sink = await store.open(PLACE);
  await sink.add(observations.map(toLine));
  const { now = () => new Date() } = options;
  return {
    ...manifest,
    finishedAt: now().toISOString(),
    dumps: { planned: plan.targets.length, ...(await sink.close()), gaps: [...gaps] },
  };
}
