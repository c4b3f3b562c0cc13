import { createHash } from 'node:crypto';
import type { ListRead } from '../bundle/manifest.ts';
import type { RawValue } from '../snapshot.ts';

/** A list of a cluster: a kind, and the namespace where only that is asked. */
export type ListId = Pick<ListRead, 'group' | 'resource' | 'namespace'>;

/** What a list held, as it is stored. */
export type Stored = Pick<ListRead, 'file' | 'sha256' | 'objects'>;

/** Where the objects of one list go, as they come. */
export interface ObjectSink {
  add(values: readonly RawValue[]): void | Promise<void>;
  /** Forgets what was added. */
  restart(): void | Promise<void>;
  close(): Promise<Stored>;
}

/** Keeps what is collected from a cluster: in memory for an audit, in files for a bundle. */
export interface ObjectStore {
  /** A list that was read to its end before. */
  find(list: ListId): ListRead | undefined;
  open(list: ListId): ObjectSink | Promise<ObjectSink>;
  /** Notes that a list was read to its end. */
  done(list: ListRead): void | Promise<void>;
  /** The objects of a list that was read. */
  read(list: Pick<ListRead, 'file'>): Promise<readonly RawValue[]>;
}

/** `pods.ndjson`, `gateways.networking.istio.io@shop.ndjson`. */
export function fileOf({ group, resource, namespace }: ListId): string {
  return `${resource}${group ? `.${group}` : ''}${namespace === undefined ? '' : `@${namespace}`}.ndjson`;
}

/** As lines of JSON, which is what the hash of a list is made of. */
export const toLines = (values: readonly RawValue[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Keeps everything in memory. */
export function memoryStore(): ObjectStore {
  const lists = new Map<string, readonly RawValue[]>();
  return {
    find: () => undefined,
    open(list) {
      const file = fileOf(list);
      let values: RawValue[] = [];
      let hash = createHash('sha256');
      return {
        add(more) {
          for (const value of more) values.push(value);
          hash.update(toLines(more));
        },
        restart() {
          values = [];
          hash = createHash('sha256');
        },
        async close() {
          lists.set(file, values);
          return { file, sha256: hash.digest('hex'), objects: values.length };
        },
      };
    },
    done: () => undefined,
    read: async ({ file }) => lists.get(file) ?? [],
  };
}
