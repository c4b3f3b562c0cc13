import { z } from 'zod';
import type { RawValue } from '../snapshot.ts';
import type { KeptObservation } from './keep-observation.ts';

const seen = { file: z.string(), cluster: z.literal(''), at: z.iso.datetime().optional() };
const json = z.record(z.string(), z.unknown());
const texts = z.array(z.string());
const text = z.string().optional();

const certificates = z.array(z.strictObject({ name: z.string(), identities: texts, validFrom: text, validTo: text }));

const envoy = z.strictObject({
  kind: z.literal('envoy-config-dump'),
  ...seen,
  updated: text,
  proxy: z.strictObject({
    id: z.string(),
    type: z.enum(['sidecar', 'router', 'waypoint']),
    namespace: z.string(),
    pod: z.string(),
    workload: text,
    serviceAccount: text,
    clusterId: text,
    istioVersion: text,
    envoyVersion: text,
    interceptionMode: text,
    labels: z.record(z.string(), z.string()),
    addresses: texts,
  }),
  listeners: z.array(z.strictObject({ name: z.string(), updated: text, config: json })),
  routes: z
    .array(
      z.strictObject({
        name: z.string(),
        hosts: z.array(z.strictObject({ name: z.string(), domains: texts, redirects: z.boolean(), leads: texts })),
      }),
    )
    .optional(),
  rejected: z.array(z.strictObject({ what: z.string(), details: z.string(), at: text, keepsOld: z.boolean() })),
  certificates,
});

const waypoint = z
  .union([z.strictObject({ hostname: z.string() }), z.strictObject({ address: z.string() })])
  .optional();

const ambientState = {
  workloads: z.array(
    z.strictObject({
      pod: z.string(),
      namespace: z.string(),
      workload: text,
      protocol: z.enum(['HBONE', 'TCP']),
      isNative: z.boolean(),
      hostNetwork: z.boolean(),
      node: text,
      policies: texts,
      waypoint,
    }),
  ),
  services: z
    .array(
      z.strictObject({
        name: z.string(),
        namespace: z.string(),
        hostname: z.string(),
        addresses: texts,
        waypoint,
      }),
    )
    .optional(),
  policies: z.array(json).optional(),
};

const ztunnel = z.strictObject({
  kind: z.literal('ztunnel-config-dump'),
  ...seen,
  version: text,
  node: text,
  served: z
    .array(z.string())
    .transform((names) => new Set(names))
    .optional(),
  ...ambientState,
  certificates,
});

const ambientz = z.strictObject({ kind: z.literal('istiod-ambientz'), ...seen, ...ambientState });

const held = z.strictObject({ kind: z.literal('istiod-objects'), ...seen, objects: z.array(json), only: text });

const known = z.strictObject({
  kind: z.literal('istiod-services'),
  ...seen,
  services: z.array(
    z.strictObject({
      namespace: z.string(),
      name: z.string(),
      says: z
        .strictObject({
          selector: z.record(z.string(), z.string()),
          ports: z.array(z.strictObject({ name: z.string(), port: z.number(), protocol: z.string() })),
        })
        .optional(),
    }),
  ),
});

const syncz = z.strictObject({
  kind: z.literal('istiod-syncz'),
  ...seen,
  proxies: z.array(
    z.strictObject({
      pod: z.string(),
      namespace: z.string(),
      istioVersion: text,
      listeners: text,
      unanswered: texts,
      unsent: texts,
      errors: texts,
    }),
  ),
});

const kept = z.discriminatedUnion('kind', [envoy, ztunnel, ambientz, held, known, syncz]);

/** As a line of JSON holds it. */
export const toLine = (observation: KeptObservation): RawValue =>
  observation.kind === 'ztunnel-config-dump' && observation.served
    ? { ...observation, served: [...observation.served].sort() }
    : { ...observation };

/** What such lines hold; undefined where one holds something else. */
export function keptObservations(lines: readonly RawValue[]): readonly KeptObservation[] | undefined {
  const parsed = lines.map((line) => kept.safeParse(line));
  // zod infers optional fields as possibly undefined; it leaves them out.
  const found = parsed.flatMap(({ data }) => (data === undefined ? [] : [data as KeptObservation]));
  return found.length === lines.length ? found : undefined;
}
