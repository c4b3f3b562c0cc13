import type { ClusterManifest, ListRead } from '../bundle/manifest.ts';
import type { ExchangeLimits } from '../live/exchange.ts';
import type { ListId, ObjectStore } from '../live/object-store.ts';
import { forwardTo } from '../live/port-forward.ts';
import { choosePods, type DumpPlan, type DumpTarget } from './choose-pods.ts';
import type { KeptObservation } from './keep-observation.ts';
import { keptObservations, toLine } from './kept-observation.ts';
import { type ReadDumpsOptions, readDumps } from './read-dumps.ts';

export interface DumpOptions {
  /** Told what it will cost before any pod is asked; false: none is. */
  readonly mayDump: (context: string, plan: DumpPlan) => Promise<boolean>;
  readonly limits?: ExchangeLimits;
}

/** Where dumps are kept, beside the lists of objects. */
const PLACE = { group: 'meshproof.dev', resource: 'dumps' } as const;
const CONFIGURES = /\.istio\.io$|^gateway\.networking\.k8s\.io$/;

/**
 * Asks the proxies of a cluster whose objects were read what they run, but for what the store has from an earlier run. The manifest says what
 * came of it.
 */
export async function addDumps(
  store: ObjectStore,
  manifest: ClusterManifest,
  { mayDump, limits }: DumpOptions,
  options: ReadDumpsOptions = {},
): Promise<ClusterManifest> {
  const { name, read } = manifest;
  const ofCore = (resource: string) => read.filter((list) => list.group === '' && list.resource === resource);
  const count = (lists: readonly ListRead[]) => lists.reduce((sum, { objects }) => sum + objects, 0);
  const pods = (await Promise.all(ofCore('pods').map((list) => store.read(list)))).flat();
  const plan = choosePods(pods, {
    services: count(ofCore('services')),
    objects: count(read.filter(({ group }) => CONFIGURES.test(group))),
    policies: count(read.filter(({ kind }) => kind === 'AuthorizationPolicy')),
  });
  const known = await findKept(store, plan.targets);
  const left = { ...plan, kept: known.size };
  if (plan.targets.length > known.size && !(await mayDump(name, left))) return manifest;
  const { observations, gaps } = await readDumps(forwardTo(name, limits), plan, {
    ...options,
    known: (target) => known.get(target),
    onRead: async (target, found) => {
      const sink = await store.open(placeOf(target));
      await sink.add(found.map(toLine));
      await store.done({ ...placeOf(target), version: '', kind: '', ...(await sink.close()) });
    },
  });
  const sink = await store.open(PLACE);
  await sink.add(observations.map(toLine));
  const { now = () => new Date() } = options;
  return {
    ...manifest,
    finishedAt: now().toISOString(),
    dumps: { planned: plan.targets.length, ...(await sink.close()), gaps: [...gaps] },
  };
}

/** One document by itself, until all are there. */
const placeOf = ({ page, pod, namespace }: DumpTarget): ListId => ({
  group: PLACE.group,
  resource: `${page}-${pod}`,
  namespace,
});

async function findKept(
  store: ObjectStore,
  targets: readonly DumpTarget[],
): Promise<ReadonlyMap<DumpTarget, readonly KeptObservation[]>> {
  const known = new Map<DumpTarget, readonly KeptObservation[]>();
  for (const target of targets) {
    const list = store.find(placeOf(target));
    const found = list && keptObservations(await store.read(list));
    if (found) known.set(target, found);
  }
  return known;
}
