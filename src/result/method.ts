import type { Sensitivity, Severity } from './status.ts';
import type { DimensionId, VerdictWord } from './types.ts';

/**
 * The fixed numbers of the audit method, as data: the score computes with them and every report prints them in its appendix, so that
 * no figure has two sources. Changing any of them is a new `methodVersion`.
 */
export const methodVersion = '1';

/** The eight dimensions in report order. Weights add up to 100; `short` is for narrow columns. */
export const dimensionMethod: readonly {
  readonly id: DimensionId;
  readonly name: string;
  readonly short: string;
  readonly weight: number;
}[] = [
  { id: 'identity', name: 'Workload identity', short: 'identity', weight: 15 },
  { id: 'mtls', name: 'mTLS and peer authentication', short: 'mTLS', weight: 15 },
  { id: 'request-authn', name: 'Request authentication', short: 'request authn', weight: 10 },
  { id: 'authorization', name: 'Authorization and least privilege', short: 'authorization', weight: 20 },
  { id: 'segmentation', name: 'Namespace and workload segmentation', short: 'segmentation', weight: 15 },
  { id: 'ingress', name: 'Ingress security', short: 'ingress', weight: 10 },
  { id: 'egress', name: 'Egress governance', short: 'egress', weight: 10 },
  { id: 'auditability', name: 'Auditability and validation', short: 'auditability', weight: 5 },
];

export const highestRating = 5;

/** What each rating (the index, 0 to 5) says. */
export const ratingMeanings: readonly string[] = [
  'absent, or contradicted by evidence',
  'ad hoc, broad gaps',
  'partial',
  'broad, exceptions remain',
  'verified coverage, narrow exceptions',
  'verified least privilege, tested continuously',
];

/**
 * Coverage to rating: the last rung that is reached counts. `from` is a share (0 to 1) and is itself included, but for the rung
 * `above: true`, which starts above it. `tested`: only with tests.
 */
export const rungs: readonly {
  readonly rating: number;
  readonly from: number;
  readonly above?: true;
  readonly tested?: true;
}[] = [
  { rating: 0, from: 0 },
  { rating: 1, from: 0, above: true },
  { rating: 2, from: 0.5 },
  { rating: 3, from: 0.8 },
  { rating: 4, from: 0.95 },
  { rating: 5, from: 1, tested: true },
];

export const scoreLimits = {
  /** Proven: a dimension that is not VERIFIED rates this at most. */
  unverifiedRating: 2,
  /** Any open CRITICAL caps both figures at this. */
  openCritical: 59,
  /** From this many UNKNOWN dimensions on, the figure is not available. */
  unknownDimensions: 5,
  /** A dimension is UNKNOWN where more than this share of what one of its figures counts is. */
  unknownShare: 0.5,
} as const;

export type DeductionId =
  | 'data-plane-evidence'
  | 'inventory'
  | 'traffic-tests'
  | 'mtls'
  | 'authorization'
  | 'boundary'
  | 'conflicts'
  | 'version'
  | 'intent';

/** What confidence loses (points of 100) and why; never below 0. */
export const confidenceDeductions: readonly {
  readonly id: DeductionId;
  readonly points: number;
  readonly reason: string;
}[] = [
  { id: 'data-plane-evidence', points: 20, reason: 'no live or recent data-plane evidence' },
  { id: 'inventory', points: 15, reason: 'workload and data-plane inventory incomplete' },
  {
    id: 'traffic-tests',
    points: 15,
    reason: 'critical paths, or the denials that keep them closed, lack positive and negative traffic tests',
  },
  { id: 'mtls', points: 10, reason: 'effective mTLS unresolved' },
  { id: 'authorization', points: 10, reason: 'effective authorization unresolved' },
  { id: 'boundary', points: 10, reason: 'ingress or egress path incomplete' },
  { id: 'conflicts', points: 10, reason: 'conflicting evidence remains' },
  { id: 'version', points: 5, reason: 'Istio version or revision unknown' },
  { id: 'intent', points: 5, reason: 'business criticality or intended communication unknown' },
];

/** The level is the index (0 to 7); it counts when it and all before it are verified. */
export const maturityLevels: readonly string[] = [
  'no consistent controls',
  'unique managed identities, known enrolment',
  'mTLS verified on critical paths, plaintext exceptions documented',
  'sensitive workloads have intentional default deny and authenticated callers',
  'least privilege validated with positive and negative tests',
  'ingress, egress and cross-namespace boundaries governed, with bypass controls',
  'attack paths, telemetry, drift and exceptions continuously reviewed',
  'verified across clusters and trust domains with automated evidence and response',
];

/** Figures that the verdict rows compare with. */
export const verdictThresholds = {
  highRisk: { provenBelow: 50, configuredBelow: 50 },
  inconclusive: { confidenceBelow: 50, provenBelow: 50 },
  strong: { proven: 85, confidence: 80 },
  moderate: { proven: 70, confidence: 65, highs: 3 },
} as const;

/** The first row that fits, from the top. */
export const verdictRows: readonly { readonly verdict: VerdictWord; readonly when: string }[] = [
  { verdict: 'HIGH RISK', when: 'any open CRITICAL; or proven < 50 and (configured < 50 or an open HIGH)' },
  {
    verdict: 'INCONCLUSIVE',
    when: 'confidence < 50, or the proven score is N/A, or it is < 50 only for want of evidence',
  },
  { verdict: 'STRONG', when: 'proven ≥ 85, no HIGH, confidence ≥ 80' },
  { verdict: 'MODERATE', when: 'proven ≥ 70, at most 3 HIGH and none reachable from the internet, confidence ≥ 65' },
  { verdict: 'WEAK', when: 'everything else' },
];

/** Severities, worst first. */
export const severityRows: readonly { readonly severity: Severity; readonly when: string }[] = [
  {
    severity: 'CRITICAL',
    when: 'a direct path with an excess or unauthenticated hop to a critical asset, broad unauthenticated access to one, or a mesh-wide control failure; no effective compensating control',
  },
  {
    severity: 'HIGH',
    when: 'a practical path with large blast radius or sensitive data: few requirements, at most one breach',
  },
  { severity: 'MEDIUM', when: 'real prerequisites, limited scope, or effective partial controls' },
  { severity: 'LOW', when: 'defence in depth or operations; not directly exploitable' },
  { severity: 'INFORMATIONAL', when: 'verified observation with no demonstrated impact; inherent paths' },
];

/** How an attacker gets there, worst first. */
export const entries = ['internet', 'plaintext', 'any-identity', 'named-identities', 'none'] as const;
export type Entry = (typeof entries)[number];

/**
 * What a weakness comes to by the entry that it opens and the sensitivity of what is reached, before anything that stands in the way.
 * Falls from left to right and from top to bottom. `medium` is also what nobody classified.
 */
export const severityTable: Readonly<Record<Entry, Readonly<Record<Sensitivity, Severity>>>> = {
  internet: { critical: 'CRITICAL', high: 'HIGH', medium: 'HIGH', low: 'MEDIUM', none: 'LOW' },
  plaintext: { critical: 'CRITICAL', high: 'HIGH', medium: 'MEDIUM', low: 'LOW', none: 'LOW' },
  'any-identity': { critical: 'CRITICAL', high: 'HIGH', medium: 'MEDIUM', low: 'LOW', none: 'LOW' },
  'named-identities': { critical: 'HIGH', high: 'MEDIUM', medium: 'LOW', low: 'LOW', none: 'LOW' },
  none: { critical: 'MEDIUM', high: 'MEDIUM', medium: 'LOW', low: 'LOW', none: 'LOW' },
};

/** Steps down the table. The index is how many there are; the last one holds for more. */
export const severitySteps = {
  /** Things that an attacker must bring. */
  requires: [0, 1, 2],
  /** Workloads that must be taken over first: one is assumed of any attacker. */
  breaches: [0, 0, 1],
  /** For each control that stands in the way and is itself shown. */
  compensation: 1,
} as const;

export const severityLimits = {
  /** At most, where no wanted traffic is stated: the excess is probable … */
  unstated: 'HIGH',
  /** … but for access without any identity to what is this sensitive. */
  unstatedExcept: { entries: ['internet', 'plaintext'], sensitivity: 'critical' },
  /** At most, where no way to use it was shown. */
  defenceInDepth: 'MEDIUM',
  /** A check that failed is this at least. */
  atLeast: 'LOW',
  /** At least, where what runs contradicts what is configured: nothing that was concluded of it holds. */
  contradicted: 'MEDIUM',
} as const;
