import type { Facts } from '../graph/facts.ts';
import type { Change } from '../model/change/change.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { Request } from '../result/request.ts';
import type { EvidenceStatus, Sensitivity, Severity } from '../result/status.ts';
import type { Evidence, Subject } from '../result/types.ts';

export interface RuleMeta {
  /** `area/name`, stable for ever; the page is `docs/rules/area/name.md`. */
  readonly id: `${string}/${string}`;
  /** What is wrong, as a sentence without subject: `a workload port accepts plaintext`. */
  readonly title: string;
  /** What it comes to in the usual case; the severity of a finding is computed from its factors. */
  readonly severity: Severity;
  /** Id in the catalogue of weaknesses. */
  readonly catalogue: string;
  /** Dimension of the score that a fail belongs to. */
  readonly dimension:
    | 'identity'
    | 'mtls'
    | 'request-authn'
    | 'authorization'
    | 'segmentation'
    | 'ingress'
    | 'egress'
    | 'auditability';
  readonly references: readonly string[];
}

/**
 * A rule judges facts that were computed, never the text of a policy. Per subject it looked at it says fail, pass or not applicable, so that
 * the report shows what was checked. What a group of fails with one cause comes to is told by `explain`.
 */
export interface Rule {
  readonly meta: RuleMeta;
  judge(facts: Facts): Iterable<Outcome>;
  explain(cause: CauseGroup, facts: Facts): Explanation;
}

export type Outcome =
  | { readonly kind: 'pass'; readonly subject: Subject }
  | { readonly kind: 'not-applicable'; readonly subject: Subject; readonly why: string }
  | Fail;

export interface Fail {
  readonly kind: 'fail';
  /** The workload (and port) that is affected. */
  readonly subject: Subject;
  /** The object at fault; fails with the same cause are one finding. Null: nothing is there that should be, see `causeKey`. */
  readonly cause: By | null;
  /** Tells causes apart where there is no object, or one object is at fault in several ways. */
  readonly causeKey: string;
  readonly factors: Factors;
  readonly status: EvidenceStatus;
  /** What the status rests on where it is UNKNOWN or assumes something. */
  readonly assumes: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly witness?: Request;
}

/** What severity is computed from (method.md, Severity). */
export interface Factors {
  readonly entry: 'internet' | 'plaintext' | 'any-identity' | 'named-identities' | 'none';
  /** Things that an attacker must bring: a token, an approval, an address. */
  readonly requires: readonly string[];
  /** Workloads that must be taken over first, beyond holding the entry. */
  readonly breaches: number;
  readonly sensitivity: Sensitivity;
  /** Controls that are themselves shown and stand in the way. */
  readonly compensations: readonly string[];
  /** Wanted traffic is declared or accepted for the destination, so that an excess is certain. */
  readonly stated: boolean;
  /** No way to use it was shown: a missing layer of defence. */
  readonly defenceInDepth: boolean;
  /** What runs was seen to be something else than what is configured, whichever is the stricter. */
  readonly contradicted?: true;
}

export interface CauseGroup {
  readonly cause: By | null;
  readonly causeKey: string;
  readonly fails: readonly Fail[];
}

/** The words and changes of one finding. */
export interface Explanation {
  /** Names the cause and how much it touches: `payments/default lets 3 ports accept plaintext`. */
  readonly title: string;
  readonly scenario: string;
  readonly impact: string;
  readonly remediation: {
    readonly summary: string;
    /** Made together; what cannot be said as a change of an object is said in `steps`. */
    readonly changes: readonly Change[];
    readonly steps: readonly string[];
  };
  readonly validation: { readonly positive: readonly string[]; readonly negative: readonly string[] };
  readonly rollback: string;
}

const SUBJECTS = new WeakMap<Workload, Map<number | undefined, Subject>>();

/** The subject of an outcome about a workload, or one port of it; made once, since every rule names it. */
export function subjectOf(workload: Workload, port?: number): Subject {
  const known = SUBJECTS.get(workload) ?? new Map<number | undefined, Subject>();
  SUBJECTS.set(workload, known);
  let subject = known.get(port);
  if (!subject) {
    const { cluster, kind, namespace, name, resource } = workload;
    const { origin } = resource;
    const location = origin.line > 0 ? { file: origin.source, line: origin.line, column: 1 } : origin.locate([]);
    subject = { cluster, kind, namespace, name, ...(port === undefined ? {} : { port }), location };
    known.set(port, subject);
  }
  return subject;
}
