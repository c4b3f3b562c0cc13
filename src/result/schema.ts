import { z } from 'zod';
import { SENSITIVITIES } from './status.ts';

/**
 * The result of an audit (design §4), as zod. The published JSON Schema is made from this; every report reads only this.
 * Types for the rest of the program: result/types.ts (type-only, so that nothing loads zod at run time).
 */
const status = z.enum(['VERIFIED', 'INFERRED', 'UNKNOWN']);
const severity = z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL']);
const level = z.enum(SENSITIVITIES);

export const location = z.union([
  z.strictObject({ file: z.string(), line: z.int().nonnegative(), column: z.int().nonnegative() }),
  z.strictObject({ cluster: z.string(), resourceVersion: z.string() }),
]);

export const by = z.strictObject({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  rule: z.int().nonnegative().optional(),
  clause: z.string().optional(),
  location,
});

export const workloadId = z.string();
export const principal = z.string();

export const request = z.strictObject({
  from: z.strictObject({
    workload: z.string().optional(),
    principal: z.string().optional(),
    namespace: z.string().optional(),
    serviceAccount: z.string().optional(),
    trustDomain: z.string().optional(),
    internet: z.literal(true).optional(),
    plaintext: z.literal(true).optional(),
    position: z.enum(['pod-outside-mesh', 'node', 'apiserver']).optional(),
    as: z.enum(['app', 'attacker']).optional(),
    container: z.string().optional(),
    cluster: z.string().optional(),
    ip: z.string().optional(),
    remoteIp: z.string().optional(),
  }),
  to: z.strictObject({
    workload: z.string().optional(),
    service: z.string().optional(),
    serviceEntry: z.string().optional(),
    gateway: z.string().optional(),
    external: z.string().optional(),
    port: z.int(),
    ip: z.string().optional(),
    at: z.enum(['sidecar', 'ztunnel', 'waypoint', 'gateway', 'network-policy']).optional(),
  }),
  http: z
    .strictObject({
      method: z.string(),
      path: z.string(),
      host: z.string().optional(),
      headers: z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))]).optional(),
    })
    .optional(),
  jwt: z
    .strictObject({
      payload: z.record(z.string(), z.unknown()),
      valid: z.boolean().optional(),
      in: z
        .strictObject({
          header: z.string().optional(),
          prefix: z.string().optional(),
          param: z.string().optional(),
          cookie: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
  sni: z.string().optional(),
  tls: z
    .strictObject({
      sni: z.string().optional(),
      alpn: z.array(z.string()).optional(),
      clientCert: z
        .strictObject({ principal: z.string().optional(), dns: z.string().optional(), trusted: z.boolean().optional() })
        .optional(),
    })
    .optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
});

export const evidence = z.strictObject({
  source: location,
  path: z.string().optional(),
  value: z.string().optional(),
  shows: z.string(),
  at: z.string().optional(),
});

export const patch = z.strictObject({
  file: z.string(),
  kind: z.enum(['edit', 'new']),
  diff: z.string(),
  objects: z.array(z.string()),
});

const flow = z.strictObject({
  from: z.string(),
  to: z.string(),
  operation: z.string().optional(),
  basis: z.enum(['declared', 'accepted', 'implied']),
});

const count = z.strictObject({ of: z.int(), have: z.int() });

const node = z.strictObject({
  kind: z.enum(['internet', 'node-network', 'pod-outside-mesh', 'workload', 'node', 'identity', 'external', 'tier0']),
  workload: workloadId.optional(),
  name: z.string().optional(),
});

export const portResult = z.strictObject({
  port: z.int(),
  protocol: z.string(),
  mtls: z.strictObject({ mode: z.enum(['STRICT', 'PERMISSIVE', 'DISABLE', 'none']), status, by: by.nullable() }),
  exposure: z.strictObject({
    internet: z.boolean(),
    nodeNetwork: z.boolean(),
    plaintext: z.boolean(),
    anyIdentity: z.boolean(),
    identities: z.array(principal),
    witness: request.optional(),
  }),
  authorization: z.strictObject({
    posture: z.enum(['none', 'allow-any', 'restricted', 'deny-all', 'conditional']),
    policies: z.array(by),
    status,
  }),
});

export const workloadResult = z.strictObject({
  id: workloadId,
  cluster: z.string(),
  namespace: z.string(),
  name: z.string(),
  kind: z.string(),
  owner: z.string().optional(),
  location,
  identity: principal.nullable(),
  dataPlane: z.strictObject({
    kind: z.enum(['none', 'sidecar', 'ambient', 'gateway']),
    status,
    why: z.string(),
    verifiedBy: z.string().optional(),
  }),
  sensitivity: z.strictObject({ level, why: z.string(), status }).optional(),
  ports: z.array(portResult),
});

const serviceResult = z.strictObject({
  id: z.string(),
  cluster: z.string(),
  type: z.string(),
  ports: z.array(z.strictObject({ port: z.int(), name: z.string().optional(), protocol: z.string() })),
  workloads: z.array(workloadId),
});

export const gatewayResult = z.strictObject({
  workload: workloadId,
  kind: z.enum(['istio', 'kubernetes', 'waypoint', 'egress']),
  exposed: z.enum(['internet', 'node-network', 'cluster', 'unknown']),
  why: z.string(),
  listeners: z.array(
    z.strictObject({
      port: z.int(),
      protocol: z.string(),
      hosts: z.array(z.string()),
      tls: z.string(),
      location: location.optional(),
    }),
  ),
  routes: z.array(
    z.strictObject({
      hosts: z.array(z.string()),
      match: z.string(),
      to: z.string(),
      workloads: z.array(workloadId),
      /** What somebody at the gateway needs to get to the workload: nothing, a token, an approval, a certificate; or that nobody does. */
      access: z.enum(['open', 'token', 'ext-authz', 'client-certificate', 'denied', 'external', 'unknown']),
      location: location.optional(),
    }),
  ),
});

export const dimensionIds = [
  'identity',
  'mtls',
  'request-authn',
  'authorization',
  'segmentation',
  'ingress',
  'egress',
  'auditability',
] as const;

export const dimension = z.strictObject({
  id: z.enum(dimensionIds),
  weight: z.int(),
  rating: z.int().min(0).max(5),
  configured: z.int().min(0).max(5),
  /** rating / 5 × weight */
  weighted: z.number(),
  status,
  coverage: z.array(z.strictObject({ what: z.string(), have: z.int(), of: z.int() })),
  next: z.string(),
});

export const subject = z.strictObject({
  cluster: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  port: z.int().optional(),
  location,
});

export const finding = z.strictObject({
  id: z.string(),
  fingerprint: z.string(),
  title: z.string(),
  severity,
  factors: z.array(z.string()),
  confidence: z.enum(['high', 'medium', 'low']),
  status,
  owner: z.string().optional(),
  subjects: z.array(subject),
  evidence: z.array(evidence),
  enforcement: z.enum(['yes', 'no', 'not tested']),
  scenario: z.string().optional(),
  impact: z.string(),
  witness: request.optional(),
  remediation: z.strictObject({ summary: z.string(), patches: z.array(patch), steps: z.array(z.string()) }),
  validation: z.strictObject({ positive: z.array(z.string()), negative: z.array(z.string()) }),
  rollback: z.string(),
  references: z.array(z.string()),
  controls: z.array(z.string()),
  exception: z
    .strictObject({ reason: z.string(), owner: z.string().optional(), until: z.string().optional() })
    .optional(),
});

export const attackPath = z.strictObject({
  id: z.string(),
  rank: z.int(),
  severity,
  kind: z.enum(['excess', 'inherent']),
  from: node,
  to: node,
  /** What makes it worth attacking: `cardholder data`. */
  asset: z.string().optional(),
  sensitivity: z
    .strictObject({ level, basis: z.enum(['declared', 'label', 'inferred', 'unknown']), status })
    .optional(),
  /** What severity was computed from. */
  factors: z.array(z.string()).optional(),
  /** What has to be changed to close it; absent where every hop is wanted. */
  cause: by.optional(),
  requires: z.array(z.string()),
  assumes: z.array(z.string()),
  breaches: z.int(),
  depth: z.int(),
  hops: z.array(
    z.strictObject({
      from: node,
      to: node,
      port: z.int().optional(),
      /** `entry`, `route`, `reach`, or the kind of pivot: `identity`, `control`, `node`, `tier0`. */
      pivot: z.string().optional(),
      /** The pivot by name: `rbac/create-workloads`. */
      how: z.string().optional(),
      /** Why it works, in one sentence. */
      why: z.string().optional(),
      identity: z.string().optional(),
      witness: request.optional(),
      verdict: z.enum(['allow', 'deny', 'unknown']),
      by: by.nullable(),
      excess: z.boolean(),
      cause: by.optional(),
      technique: z.string().optional(),
      status,
    }),
  ),
  controls: z.array(z.string()),
  result: z.enum(['ALLOWED', 'DENIED', 'UNKNOWN']),
  confidence: z.enum(['high', 'medium', 'low']),
  folded: z.int(),
});

/** How far somebody gets who controls a workload. */
const blastRadius = z.strictObject({
  workload: workloadId,
  /** Workloads that it may send requests to, wanted or not. */
  workloads: z.int(),
  /** Among these more than wanted traffic needs. */
  excess: z.int(),
  assets: z.array(z.strictObject({ workload: workloadId, level, excess: z.boolean() })),
  moreAssets: z.int(),
  /** What its rights and its node give besides. */
  pivots: z.array(z.string()),
});

/** What many paths have in common. */
const chokePoint = z.strictObject({
  kind: z.enum(['cause', 'workload']),
  /** The object to change, or the workload that the paths go through. */
  cause: by.optional(),
  workload: workloadId.optional(),
  paths: z.int(),
  assets: z.int(),
  severity,
});

/** Beside the paths: where they start, how many there are, what they have in common. */
export const attackSummary = z.strictObject({
  entries: z.array(z.string()),
  found: z.strictObject({ excess: z.int(), inherent: z.int() }),
  /** Found, and left out of the list for its length. */
  unlisted: z.strictObject({ excess: z.int(), inherent: z.int() }),
  /** Need more than two breaches, and are not looked for. */
  deeper: z.int(),
  /** Why no path was computed. */
  incomplete: z.string().optional(),
  blastRadius: z.array(blastRadius),
  chokePoints: z.array(chokePoint),
});

/** One change of the plan: what it is, what the model says of it, how to roll it out and back. */
export const planStep = z.strictObject({
  /** The same as long as the change is; `--step` takes it, and the number. */
  id: z.string(),
  number: z.int(),
  summary: z.string(),
  owner: z.string().optional(),
  /** Fingerprints of findings, and ids of paths, that are gone after it and the steps before it. */
  closes: z.strictObject({ findings: z.array(z.string()), paths: z.array(z.string()) }),
  /** The worst of what it closes. */
  severity,
  keeps: count,
  /** Where it is known from what has to go on: `6 declared, 0 seen`. */
  basis: z.string(),
  breaks: z.array(flow),
  preconditions: z.array(z.string()),
  /** Flags without which it is not written. */
  needs: z.array(z.string()),
  /** What the model cannot tell. */
  unproven: z.array(z.string()),
  sideEffects: z.array(z.string()),
  effort: z.int().min(1).max(5),
  rollout: z.strictObject({
    /** What to change first. */
    canary: z.string(),
    soak: z.string(),
    abort: z.strictObject({ metric: z.string(), threshold: z.string() }),
  }),
  patches: z.array(patch),
  /** Objects that no edit of a file of the input changes for long, and what to do. */
  byHand: z.array(z.strictObject({ object: z.string(), file: z.string(), message: z.string(), help: z.string() })),
  /** Commands, to be run on new connections; `cases` are for a PolicyTest. */
  tests: z.strictObject({ positive: z.array(z.string()), negative: z.array(z.string()), cases: z.string() }),
  rollback: z.string(),
  after: z.array(z.string()),
});

export const plan = z.strictObject({
  horizons: z.array(z.strictObject({ name: z.string(), steps: z.array(planStep) })),
  unclosed: z.array(z.strictObject({ path: z.string(), severity, what: z.string(), why: z.string() })),
  /** Why there is no plan. */
  incomplete: z.string().optional(),
});

const source = z.strictObject({ name: z.string(), kind: z.string(), documents: z.int(), sha256: z.string() });

const diagnostic = z.strictObject({
  severity: z.enum(['error', 'warning', 'info']),
  file: z.string(),
  line: z.int(),
  message: z.string(),
  help: z.string(),
});

const figure = z.strictObject({ value: z.number().nullable(), low: z.number(), high: z.number() });

/** What telemetry showed. It proves that something happened, never that nothing else can. */
export const traffic = z.strictObject({
  windows: z.array(
    z.strictObject({
      file: z.string(),
      kind: z.enum(['metrics', 'access-log']),
      from: z.string().optional(),
      to: z.string().optional(),
      sampling: z.string(),
    }),
  ),
  /** Whole days that the windows cover together. */
  days: z.int(),
  /** Caller and callee, over one kind of connection; `flows` lists 200 at most, what is refused most and what is not wanted first. */
  edges: z.int(),
  notWanted: z.int(),
  plaintext: z.int(),
  /** Of all edges: requests of HTTP, connections of TCP. */
  requests: z.number(),
  refused: z.number(),
  flows: z.array(
    z.strictObject({
      from: z.string(),
      to: workloadId,
      /** One of these, where metrics name the service alone; empty: not known. */
      ports: z.array(z.int()),
      service: z.string().optional(),
      protocol: z.enum(['http', 'tcp']),
      security: z.enum(['mutual_tls', 'none', 'unknown']),
      count: z.number(),
      refused: z.number(),
      /** Days on which it passed, as far as the telemetry tells days. */
      days: z.int(),
      wanted: z.enum(['declared', 'accepted', 'implied', 'no']),
      files: z.array(z.string()),
    }),
  ),
  /** Seen, and of no workload of the input. */
  unplaced: z.array(z.strictObject({ file: z.string(), what: z.string(), count: z.number() })),
});

export const auditResult = z.strictObject({
  schemaVersion: z.literal(1),
  tool: z.strictObject({ name: z.string(), version: z.string(), rulesVersion: z.string(), methodVersion: z.string() }),
  input: z.strictObject({
    sources: z.array(source),
    counts: z.record(z.string(), z.int()),
    scope: z.strictObject({ complete: z.array(z.string()), namespaces: z.array(z.string()) }),
    istioVersion: z.strictObject({ value: z.string(), by: z.string() }).optional(),
    /** The mesh config in force: each value that the audit rests on, and where it comes from. */
    meshConfig: z.array(
      z.strictObject({ field: z.string(), value: z.string(), from: z.string(), location: location.optional() }),
    ),
    assumptions: z.array(z.string()),
  }),
  verdict: z.enum(['STRONG', 'MODERATE', 'WEAK', 'HIGH RISK', 'INCONCLUSIVE']),
  verdictWhy: z.string(),
  score: z.strictObject({
    ...figure.shape,
    cappedBy: z.array(z.string()).optional(),
    configured: figure,
    withExceptions: z.number().optional(),
  }),
  maturity: z.strictObject({
    level: z.int().min(0).max(7),
    name: z.string(),
    configuredFor: z.int().min(0).max(7),
    next: z.strictObject({ level: z.int(), unmet: z.array(z.string()) }),
  }),
  confidence: z.strictObject({
    value: z.int(),
    deductions: z.array(z.strictObject({ points: z.int(), reason: z.string(), remedy: z.string() })),
    evidenceCoverage: z.strictObject({ verified: z.number(), inferred: z.number(), unknown: z.number() }),
  }),
  dimensions: z.array(dimension).length(8),
  inventory: z.strictObject({
    clusters: z.array(z.string()),
    services: z.array(serviceResult),
    // `clusters` only where workloads of several hold the same identity, which no policy tells apart.
    identities: z.array(
      z.strictObject({ principal, workloads: z.array(workloadId), clusters: z.array(z.string()).optional() }),
    ),
    gateways: z.array(gatewayResult),
    externalHosts: z.array(z.string()),
    workloads: z.array(workloadResult),
  }),
  findings: z.array(finding),
  paths: z.array(attackPath),
  attack: attackSummary.optional(),
  /** Absent: no telemetry was given. */
  traffic: traffic.optional(),
  plan,
  residual: z.array(
    z.strictObject({
      unknown: z.string(),
      settles: z.int(),
      command: z.string(),
      /** Points by which the band of the configured score becomes narrower at least, however it turns out; absent: by none. */
      narrows: z.number().optional(),
    }),
  ),
  diagnostics: z.array(diagnostic),
  rulesRun: z.array(
    z.strictObject({ id: z.string(), checked: z.int(), passed: z.int(), failed: z.int(), notApplicable: z.int() }),
  ),
});
