import { z } from 'zod';
import type { DeepReadonly } from '../../result/deep-readonly.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A rule of a Role or ClusterRole. */
const rule = z.strictObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});

const listed = {
  /** API group; empty for the core. */
  group: z.string(),
  /** Plural name, as in a URL. */
  resource: z.string(),
  /** Where one namespace was asked, and not the whole cluster. */
  namespace: z.string().optional(),
};

/** A list that was read to its end. */
const read = z.strictObject({
  ...listed,
  version: z.string(),
  kind: z.string(),
  /** Only the metadata was asked for. */
  metadataOnly: z.literal(true).optional(),
  objects: z.int().nonnegative(),
  /** Of the list; absent where objects were asked for one by one. */
  resourceVersion: z.string().optional(),
  /** The list expired while it was read, time and again: its pages are of different moments. */
  inconsistent: z.literal(true).optional(),
  file: z.string(),
  sha256,
});

/** What could not be read, and why. */
const gap = z.strictObject({
  ...listed,
  reason: z.enum(['forbidden', 'failed']),
  why: z.string(),
  /** What grants it, where it is forbidden. */
  grant: rule.optional(),
});

/** A proxy that could not be dumped, or all those of a namespace, and why. */
const dumpGap = z.strictObject({
  /** In words: `the proxy of demo/server-1`. */
  what: z.string(),
  namespace: z.string().optional(),
  reason: z.enum(['forbidden', 'failed']),
  why: z.string(),
  grant: rule.optional(),
});

/** What proxies and istiod said of themselves. */
const dumps = z.strictObject({
  /** Documents that were to be read. */
  planned: z.int().nonnegative(),
  objects: z.int().nonnegative(),
  file: z.string(),
  sha256,
  gaps: z.array(dumpGap),
});

const cluster = z.strictObject({
  /** Of the context that it was read with. */
  name: z.string(),
  kubernetesVersion: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Namespaces that it was limited to. */
  namespaces: z.array(z.string()).optional(),
  /** Namespaces in which istiod runs, and `istio-system`: whose mesh config was asked for. */
  systemNamespaces: z.array(z.string()),
  read: z.array(read),
  /** Kinds that the cluster does not serve, as `group/Kind`. */
  absent: z.array(z.string()),
  gaps: z.array(gap),
  /** Absent where no dumps were asked for. */
  dumps: dumps.optional(),
});

/** The table of contents of an evidence bundle, `manifest.json` in it. */
export const bundleManifest = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('Bundle'),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  clusters: z.array(cluster).min(1),
});

export type BundleManifest = DeepReadonly<z.infer<typeof bundleManifest>>;
export type ClusterManifest = DeepReadonly<z.infer<typeof cluster>>;
export type ListRead = DeepReadonly<z.infer<typeof read>>;
export type Gap = DeepReadonly<z.infer<typeof gap>>;
export type DumpGap = DeepReadonly<z.infer<typeof dumpGap>>;

/** One list on its way into a journal or bundle, as it is kept between two runs. */
export const listRead = read;
