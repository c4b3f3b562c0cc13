import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { requirement } from './explanation.ts';
import { by, principal, request, workloadId } from './schema.ts';

/** What a rule lets be sent; `by` null: no ALLOW policy applies. `except`: rules that take something away; `asks`: external approval. */
const operation = z.strictObject({
  what: z.string(),
  by: by.nullable(),
  except: z.array(by),
  asks: z.array(by),
});

const decided = {
  verdict: z.enum(['allow', 'unknown']),
  requires: z.array(requirement),
  assumes: z.array(z.string()),
  /** One request of the set, decided. */
  witness: request,
};

const source = z.strictObject({
  /** `anyone`: in plaintext, without an identity. `any-identity`: any certificate of the mesh. */
  who: z.enum(['anyone', 'any-identity', 'identities']),
  /** The identities, with the workloads of the input that hold them. */
  identities: z.array(z.strictObject({ principal, workloads: z.array(workloadId) })).optional(),
  except: z.array(principal).optional(),
  protocol: z.enum(['http', 'tcp']),
  /** Through the waypoint of this service; absent: the pod itself. */
  through: z.string().optional(),
  may: z.array(operation),
  ...decided,
});

const entrance = z.strictObject({
  from: z.enum(['internet', 'node-network']),
  gateway: workloadId.optional(),
  why: z.string(),
  /** Through a gateway: the set of requests that gets in, by the route that they take and the rules that let them in. */
  set: z
    .strictObject({
      /** Host names of requests or of TLS; `*`: any. */
      hosts: z.array(z.string()),
      takes: z.string(),
      /** By the gateway's own policies; empty where it has none. */
      atGateway: z.array(operation),
      /** By those of the destination, as it sees requests behind the route. */
      may: z.array(operation),
    })
    .optional(),
  ...decided,
});

const destination = z.strictObject({
  workload: workloadId,
  port: z.int(),
  protocol: z.string(),
  mtls: z.enum(['STRICT', 'PERMISSIVE', 'DISABLE', 'none']),
  sources: z.array(source),
  /** From where NetworkPolicy lets it be reached: any pod, but for the exceptions; or only the exceptions. */
  network: z.strictObject({
    anyPod: z.enum(['allow', 'deny', 'unknown']),
    exceptions: z.array(workloadId),
    by: z.array(by),
  }),
  entrances: z.array(entrance),
});

const reached = z.strictObject({
  workload: workloadId,
  port: z.int(),
  as: z.enum(['identity', 'plaintext', 'internet']),
  protocol: z.enum(['http', 'tcp']),
  through: z.string().optional(),
  may: z.array(operation),
  ...decided,
});

const destinationClass = z.strictObject({
  ports: z.array(z.strictObject({ workload: workloadId, port: z.int() })),
  sources: z.array(source),
});

/** The result of `reach`: by destination (`--to`), by source (`--from`), or one row per class of destinations. */
export const reach = z.strictObject({
  to: z.array(destination).optional(),
  from: z.strictObject({ source: z.string(), reaches: z.array(reached), refused: z.int() }).optional(),
  classes: z.array(destinationClass).optional(),
});

export type Reach = DeepReadonly<z.infer<typeof reach>>;
