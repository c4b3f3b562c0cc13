import type { ClusterSnapshot } from '../snapshot.ts';
import { ApiClient, PATIENCE, type Patience } from './api-client.ts';
import { collectCluster } from './collect-cluster.ts';
import { connect } from './connect.ts';
import { memoryStore } from './object-store.ts';

export interface ReadContextOptions {
  readonly namespaces?: readonly string[];
  readonly onStep?: (what: string) => void;
  readonly patience?: Partial<Patience>;
}

/** What a cluster of the user's kubeconfig holds, read now. */
export async function readContext(context: string, options: ReadContextOptions = {}): Promise<ClusterSnapshot> {
  const { patience, ...rest } = options;
  const client = new ApiClient(connect(context), { ...PATIENCE, ...patience });
  const store = memoryStore();
  try {
    const manifest = await collectCluster(client, store, rest);
    const lists = await Promise.all(manifest.read.map((list) => store.read(list)));
    return { manifest, objects: lists.flat() };
  } finally {
    client.close();
  }
}
