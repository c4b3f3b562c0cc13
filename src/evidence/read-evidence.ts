import type { Observation } from '../model/observation/observation.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { compareObjects } from './applied/compare-objects.ts';
import { compareServices } from './applied/compare-services.ts';
import type { Evidence } from './evidence.ts';
import { judgeProxies } from './judge-proxies.ts';
import type { IsRecent } from './looked-into.ts';
import { matchProxies, matchSynced } from './match-proxies.ts';
import { addProbes } from './probes/add-probes.ts';
import { addLogged } from './traffic/add-logged.ts';
import { addTestimonies } from './testimonies/add-testimonies.ts';
import { judgeZtunnels } from './ztunnel/judge-ztunnels.ts';
import { matchPods } from './ztunnel/match-pods.ts';

/** Dumps prove nothing about today after a day (method.md, Evidence). */
const DAY = 24 * 60 * 60 * 1000;

/**
 * What was seen of a mesh, held against what its configuration comes to. `now`: what age is measured against; absent: the newest evidence. A
 * file that does not say when it was made counts as new.
 */
export function readEvidence(enforcement: Enforcement, observations: readonly Observation[], now?: Date): Evidence {
  const dumps = observations.filter((each) => each.kind === 'envoy-config-dump');
  const newest =
    now?.getTime() ?? Math.max(...observations.map(({ at }) => (at === undefined ? 0 : Date.parse(at))), 0);
  const isRecent: IsRecent = ({ at }) => at === undefined || newest - Date.parse(at) <= DAY;
  const { byWorkload, strangers } = matchProxies(enforcement.mesh, dumps);
  const statuses = observations.filter((each) => each.kind === 'istiod-syncz');
  const synced = matchSynced(enforcement.mesh, statuses);
  const withProxies = [...new Set([...byWorkload.keys(), ...synced.keys()])];
  const judged = withProxies.map((workload) =>
    judgeProxies(enforcement, workload, byWorkload.get(workload) ?? [], {
      synced: synced.get(workload) ?? [],
      isRecent,
    }),
  );
  const ambient = observations.filter((each) => each.kind === 'ztunnel-config-dump' || each.kind === 'istiod-ambientz');
  const pods = matchPods(enforcement.mesh, ambient);
  for (const [workload, seen] of pods.byWorkload) judged.push(judgeZtunnels(enforcement, workload, seen, isRecent));
  const known = new Map(judged.map(({ evidence }) => [evidence.workload.id, evidence]));
  const held = observations.filter((each) => each.kind === 'istiod-objects');
  const services = observations.filter((each) => each.kind === 'istiod-services');
  const applied = [
    ...(held.length > 0 ? [compareObjects(enforcement.mesh, held, isRecent)] : []),
    ...(services.length > 0 ? [compareServices(enforcement.mesh, services, isRecent)] : []),
  ];
  const seen: Evidence = {
    ...(applied.length > 0
      ? { applied: { drifts: applied.flatMap((each) => each.drifts), same: applied.flatMap((each) => each.same) } }
      : {}),
    of: ({ id }) => known.get(id),
    all: judged.map(({ evidence }) => evidence),
    drifts: judged.flatMap(({ drifts }) => drifts),
    strangers: [
      ...strangers.map(
        ({ proxy, file }) => `${file}: ${proxy.namespace}/${proxy.pod} is no pod of a workload of the input`,
      ),
      ...pods.strangers,
    ],
  };
  const probes = observations.filter((each) => each.kind === 'probe-result');
  const testimonies = observations.filter((each) => each.kind === 'testimony');
  const logs = observations.filter((each) => each.kind === 'access-log');
  const logged = addLogged(enforcement, addProbes(enforcement, seen, probes, isRecent), logs, newest);
  return addTestimonies(enforcement, logged, testimonies, isRecent);
}
