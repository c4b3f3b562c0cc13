import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import type { Facts } from '../graph/facts.ts';
import type { Workload } from '../model/inventory/types.ts';
import { namedIn, objectName } from '../model/by.ts';
import type { Resource } from '../model/resource.ts';
import type { By } from '../result/location.ts';
import type { Change } from '../model/change/change.ts';

/** A change that may close paths, before it is proven. */
export interface Candidate {
  /** The same as long as the fix and what it changes are: `narrow-rule AuthorizationPolicy payments/allow-all`. */
  readonly id: string;
  /** In the words of a commit message: `payments/allow-all: admit the 3 known callers by name`. */
  readonly summary: string;
  /** In the order of rollout: what admits before what refuses. */
  readonly changes: readonly Change[];
  /** Whose ports decide otherwise afterwards. */
  readonly destinations: readonly Workload[];
  /** Whose calls may fare otherwise: their identity or data plane changes. */
  readonly senders: readonly Workload[];
  /** 1 an edit of one object, 3 several objects or a restart, 5 a change of the application. */
  readonly effort: 1 | 2 | 3 | 4 | 5;
  /** Workloads for which nobody said who calls them. */
  readonly unknownCallers: readonly Workload[];
  /** It closes nothing yet: it shows who would be refused (a dry run). */
  readonly isTrial?: true;
  /** It closes no path: due after all that does. */
  readonly isTidying?: true;
  /** Rules that tell which findings it closes, by id; absent: all but those that cost most and are about no danger. */
  readonly judgedBy?: readonly string[];
  /** What the model does not show: `cart/be no longer gets to vault/api; nothing says whether it has to`. */
  readonly unproven: readonly string[];
  /** What has to be so before it is rolled out. */
  readonly preconditions: readonly string[];
  /** What else it does, in words (reference §15.12). */
  readonly sideEffects: readonly string[];
}

/** What a fix is asked about: hops that are excess for one cause. */
export interface Problem {
  readonly cause: By;
  readonly hops: readonly Hop[];
  readonly paths: readonly AttackPath[];
}

/** One way of mending. It proposes; what comes of it is proven elsewhere. */
export interface Fix {
  readonly id: string;
  /** Candidates for a cause that it knows how to mend, the least invasive first; none: it is not for this cause. */
  propose(facts: Facts, problem: Problem): readonly Candidate[];
  /** Why it proposes nothing for a cause that is of its kind: what to find out, or what no object can change. */
  whyNot?(facts: Facts, problem: Problem): string | undefined;
}

/** Of a cause or an object: `ns/name`, in a named cluster `cluster:ns/name`, or the name of what has no namespace. */
export const nameOf = (object: By | Resource): string =>
  'cluster' in object ? namedIn(object.cluster, object) : objectName(object);

/** Workloads that hops lead to, each once. */
export function targetsOf(hops: readonly Hop[]): readonly Workload[] {
  return [...new Set(hops.flatMap(({ to }) => (to.kind === 'workload' ? [to.workload] : [])))];
}

/** Workloads that hops start from, each once. */
export function startsOf(hops: readonly Hop[]): readonly Workload[] {
  return [
    ...new Set(
      hops.flatMap(({ from }) =>
        from.kind === 'workload' ? [from.workload] : from.kind === 'identity' ? [from.from] : [],
      ),
    ),
  ];
}
