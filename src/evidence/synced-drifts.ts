import type { Workload } from '../model/inventory/types.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import type { Drift, SeenProxy } from './evidence.ts';
import { REFUSED } from './explain-drift.ts';
import type { IsRecent } from './looked-into.ts';
import type { Synced } from './match-proxies.ts';

/** What proxies answered istiod with, where no dump of theirs says the same. */
export function refusals(
  workload: Workload,
  dumps: readonly EnvoyDump[],
  synced: readonly Synced[],
  isRecent: IsRecent,
): readonly Drift[] {
  const told = new Set(dumps.filter(({ rejected }) => rejected.length > 0).map(({ proxy }) => proxy.pod));
  return synced
    .filter(({ pod }) => !told.has(pod))
    .flatMap((each) =>
      each.errors.map(
        (reason): Drift => ({
          kind: 'rejected',
          workload,
          what: `istiod was told that configuration is rejected: ${reason}`,
          reason,
          causes: [REFUSED],
          proxies: [proxyOf(each, isRecent)],
        }),
      ),
    );
}

/** Proxies that never answered what they were sent (STALE), or were sent nothing (NOT SENT): each difference once, with all that show it. */
export function silences(workload: Workload, synced: readonly Synced[], isRecent: IsRecent): readonly Drift[] {
  const found = new Map<string, Drift>();
  for (const each of synced) {
    for (const [kinds, tell, causes] of [
      [
        each.unanswered,
        (what: string) => `the proxy has not answered what istiod sent it last (STALE): ${what}`,
        STALE,
      ],
      [each.unsent, (what: string) => `istiod has sent the proxy nothing of what it needs (NOT SENT): ${what}`, UNSENT],
    ] as const) {
      if (kinds.length === 0) continue;
      const what = tell(kinds.map((kind) => `${kind}s`).join(', '));
      const known = found.get(what);
      const proxies = [...(known?.proxies ?? []), proxyOf(each, isRecent)];
      found.set(what, { kind: 'rejected', workload, unanswered: true, what, reason: what, causes, proxies });
    }
  }
  return [...found.values()];
}

const STALE = [
  'a push that was under way when istiod was asked: ask again a minute later',
  'the connection between the proxy and istiod is cut or too slow, or istiod has more to push than it can (pilot_proxy_convergence_time)',
  'the proxy hangs, or has no memory left: see its log and its restarts',
] as const;

const UNSENT = [
  'the proxy has only just connected: ask again a minute later',
  'istiod does not know its namespace (`discoverySelectors`), or is of another revision than the proxy',
  'istiod has not finished its first push, or cannot keep up',
] as const;

function proxyOf({ pod, from }: Synced, isRecent: IsRecent): SeenProxy {
  const { file, at } = from;
  return { pod, file, ...(at === undefined ? {} : { at }), isOld: !isRecent(from) };
}
