import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { DumpGap } from '../bundle/manifest.ts';
import { ExchangeError } from '../live/exchange.ts';
import { ForwardError, type GetFromPod } from '../live/port-forward.ts';
import { envoyDump } from '../observations/envoy-dump.ts';
import type { Form } from '../observations/form.ts';
import { istiodSyncz } from '../observations/istiod-syncz.ts';
import { ztunnelDump } from '../observations/ztunnel-dump.ts';
import { type DumpPlan, type DumpTarget, nameOf } from './choose-pods.ts';
import { keepObservation, type KeptObservation } from './keep-observation.ts';

export interface DumpPace {
  /** At a time. */
  readonly parallel: number;
  /** Before each. */
  readonly pauseMs: number;
}

const PACE: DumpPace = { parallel: 2, pauseMs: 100 };

export interface ReadDumpsOptions {
  readonly pace?: DumpPace;
  readonly now?: () => Date;
  readonly onStep?: (what: string) => void;
}

/** A `get` opens the connection; `create` is asked for as well since Kubernetes 1.35, as for `pods/exec` (open-pods.ts). */
const GRANT = { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create'] };

/** Envoy and ztunnel have their admin endpoint there, on the loopback address of the pod. */
const ADMIN = 15_000;
/** Where istiod serves `/debug`: the monitoring port, in older versions the plain one. */
const DEBUG = [15_014, 8080] as const;
const HEAD = 8192;

/** Asks the pods of a plan, two at a time, and keeps of each answer what is compared. What fails is named, and the rest goes on. */
export async function readDumps(
  get: GetFromPod,
  { targets, gaps }: DumpPlan,
  { pace = PACE, now = () => new Date(), onStep = () => undefined }: ReadDumpsOptions = {},
): Promise<{ readonly observations: readonly KeptObservation[]; readonly gaps: readonly DumpGap[] }> {
  const limit = pLimit(pace.parallel);
  const forbidden = new Map<string, number>();
  let done = 0;
  const readOne = async (target: DumpTarget): Promise<readonly KeptObservation[] | DumpGap> => {
    const { namespace } = target;
    const count = forbidden.get(namespace);
    if (count === undefined) await sleep(pace.pauseMs);
    try {
      if (count !== undefined) throw new ForwardError(403);
      const at = now().toISOString();
      const [observations, why] = await askPod(get, target, at);
      return observations ?? { what: nameOf(target), namespace, reason: 'failed', why };
    } catch (error) {
      if (error instanceof ForwardError && error.status === 403) {
        forbidden.set(namespace, (forbidden.get(namespace) ?? 0) + 1);
        return [];
      }
      if (!(error instanceof ForwardError || error instanceof ExchangeError)) throw error;
      return { what: nameOf(target), namespace, reason: 'failed', why: error.message };
    } finally {
      onStep(`${++done} of ${targets.length} pods asked what they run`);
    }
  };
  const outcomes = await Promise.all(targets.map((target) => limit(() => readOne(target))));
  const refused = [...forbidden].map(
    ([namespace, count]): DumpGap => ({
      what: count === 1 ? `a pod of namespace \`${namespace}\`` : `${count} pods of namespace \`${namespace}\``,
      namespace,
      reason: 'forbidden',
      why: 'pods/portforward',
      grant: GRANT,
    }),
  );
  return {
    observations: outcomes.flatMap((outcome) => ('what' in outcome ? [] : outcome)),
    gaps: [...gaps, ...refused, ...outcomes.flatMap((outcome) => ('what' in outcome ? [outcome] : []))].sort(byName),
  };
}

const byName = (a: DumpGap, b: DumpGap): number => (a.what < b.what ? -1 : a.what > b.what ? 1 : 0);

type Told = readonly [observations: readonly KeptObservation[] | undefined, why: string];

async function askPod(get: GetFromPod, target: DumpTarget, at: string): Promise<Told> {
  switch (target.kind) {
    case 'envoy':
      return readOne(get, target, { form: envoyDump, port: ADMIN, path: '/config_dump', at });
    case 'ztunnel':
      return readOne(get, target, { form: ztunnelDump, port: ADMIN, path: '/config_dump', at });
    case 'istiod':
      return askIstiod(get, target, at);
  }
}

/** The second port is asked where the first does not say it. */
async function askIstiod(get: GetFromPod, target: DumpTarget, at: string): Promise<Told> {
  const whys: string[] = [];
  for (const port of DEBUG) {
    try {
      const told = await readOne(get, target, { form: istiodSyncz, port, path: '/debug/syncz', at });
      if (told[0]) return told;
      whys.push(told[1]);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      whys.push(error.message);
    }
  }
  return [undefined, `${whys.join(', ')}: replicas that were not dumped do not count`];
}

interface Document {
  readonly form: Form;
  readonly port: number;
  readonly path: string;
  readonly at: string;
}

async function readOne(
  get: GetFromPod,
  { namespace, pod }: DumpTarget,
  { form, port, path, at }: Document,
): Promise<Told> {
  const { status, body } = await get({ namespace, pod, port, path });
  if (status !== 200) return [undefined, `HTTP ${status} from \`${path}\` at port ${port}`];
  if (!form.isMeant(body.slice(0, HEAD), body)) return [undefined, `\`${path}\` at port ${port} gives something else`];
  const read = form.read(body, { file: `${namespace}/${pod}`, cluster: '', at });
  if ('message' in read) return [undefined, read.message];
  // These forms give nothing else.
  return [read.observations.map((each) => keepObservation(each as KeptObservation)), ''];
}
