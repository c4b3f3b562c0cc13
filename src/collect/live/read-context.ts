import type { DumpOptions } from '../dumps/add-dumps.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { ApiClient, PATIENCE, type Patience } from './api-client.ts';
import { collectCluster } from './collect-cluster.ts';
import { connect } from './connect.ts';
import { memoryStore } from './object-store.ts';

export interface ReadContextOptions {
  readonly namespaces?: readonly string[];
  readonly onStep?: (what: string) => void;
  readonly patience?: Partial<Patience>;
  readonly dumps?: DumpOptions;
}

/** What a cluster of the user's kubeconfig holds, read now. */
export async function readContext(context: string, options: ReadContextOptions = {}): Promise<ClusterSnapshot> {
  const { patience, dumps, ...rest } = options;
  const client = new ApiClient(connect(context), { ...PATIENCE, ...patience });
  const store = memoryStore();
  try {
    const manifest = await collectCluster(client, store, rest);
    const lists = await Promise.all(manifest.read.map((list) => store.read(list)));
    const snapshot = { manifest, objects: lists.flat() };
    if (!dumps) return snapshot;
    const [{ addDumps }, { keptObservations }] = await Promise.all([
      import('../dumps/add-dumps.ts'),
      import('../dumps/kept-observation.ts'),
    ]);
    const dumped = await addDumps(store, manifest, dumps, rest);
    const lines = dumped.dumps ? await store.read(dumped.dumps) : [];
    return { ...snapshot, manifest: dumped, observations: keptObservations(lines) ?? [] };
  } finally {
    client.close();
  }
}
