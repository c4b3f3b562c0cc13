import type { Drift, DriftKind } from '../../evidence/evidence.ts';
import type { Facts } from '../../graph/facts.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { driftsOf } from './judge-drift.ts';

/** What a kind of contradiction is called, does, and how it is looked into further. */
export interface DriftWords {
  /** `the proxies of X hold other rules than configured`; `holders`: `the proxies of X`, `whom`: `X`. */
  readonly title: (holders: string, drifts: readonly Drift[], whom: string) => string;
  readonly impact: string;
  /** Read-only, for one pod. */
  readonly inspect: (pod: string, namespace: string) => readonly string[];
  readonly repair: readonly string[];
}

const LISTED = 3;

const HOLDERS = { proxy: 'the proxies of', ztunnel: 'the ztunnels of', istiod: 'istiod has the ztunnels of' } as const;

const inspectZtunnel = (namespace: string): readonly string[] => [
  'istioctl proxy-status  # of ztunnels: SYNCED, STALE or rejected',
  `istioctl ztunnel-config workloads --workload-namespace ${namespace}  # HBONE, and the waypoint`,
  `istioctl ztunnel-config policies --policy-namespace ${namespace} -o json  # the policies in use`,
  `kubectl get authorizationpolicies,peerauthentications -n ${namespace} -o yaml  # what is really applied`,
];

/** One contradiction as a finding: what is different, likely causes in order, what to look at, and how to see that it is gone. */
export function explainDrift(
  kind: DriftKind,
  words: DriftWords,
  { fails, cause, causeKey }: CauseGroup,
  facts: Facts,
): Explanation {
  const workloads = workloadsOf(facts, fails);
  const ports = new Set(fails.map(({ subject }) => `${subject.namespace}/${subject.name}:${subject.port ?? ''}`));
  const drifts = workloads
    .flatMap((workload) => driftsOf(facts, kind, workload))
    .filter(({ workload, port, reason }) =>
      causeKey.startsWith('rejected: ')
        ? causeKey === `rejected: ${reason ?? 'no reason given'}`
        : ports.has(`${workload.namespace}/${workload.name}:${port ?? ''}`),
    );
  const told = [...new Set(drifts.map(({ what, port }) => (port === undefined ? what : `port ${port}: ${what}`)))];
  const causes = [...new Set(drifts.flatMap((drift) => drift.causes))];
  const [first] = drifts;
  const [proxy] = first?.proxies ?? [];
  const namespace = first?.workload.namespace ?? '';
  const pod = proxy?.pod ?? 'POD';
  const object = cause && causeKey !== '' ? `${cause.kind} ${cause.namespace}/${cause.name}` : undefined;
  const whom = extentOf(workloads);
  const holders = `${HOLDERS[first?.holder ?? 'proxy']} ${whom}`;
  const isAtProxy = first?.holder === undefined;
  return {
    title: object ? `${holders} hold nothing of ${object}` : words.title(holders, drifts, whom),
    scenario: `${fewOf(told, LISTED)}. Likely causes, the likeliest first: ${causes
      .map((text, index) => `(${index + 1}) ${text}`)
      .join('; ')}.`,
    impact: words.impact,
    remediation: {
      summary: 'find out why what runs is not what is configured, and make them one',
      changes: [],
      steps: [
        ...(isAtProxy
          ? [`istioctl proxy-status ${pod}.${namespace}  # SYNCED, STALE or rejected`, ...words.inspect(pod, namespace)]
          : inspectZtunnel(namespace)),
        ...words.repair,
        'dump the proxies again; the finding is closed once they agree: meshproof drift INPUT DUMPS',
      ],
    },
    validation: {
      positive: [
        isAtProxy
          ? `istioctl proxy-status ${pod}.${namespace} says SYNCED`
          : 'istioctl proxy-status says SYNCED of ztunnels',
        'a request that policies admit passes, before and after',
      ],
      negative: [
        fails.some(({ witness }) => witness)
          ? 'the request of the finding is answered as the configuration says'
          : 'a request that policies refuse is refused',
      ],
    },
    rollback: 'nothing was changed: what restarts a proxy or applies an object is undone by the one before it',
  };
}
