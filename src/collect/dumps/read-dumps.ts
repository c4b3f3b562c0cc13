import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { DumpGap } from '../bundle/manifest.ts';
import { ExchangeError } from '../live/exchange.ts';
import { ForwardError, type GetFromPod } from '../live/port-forward.ts';
import { type DumpPlan, type DumpTarget, nameOf } from './choose-pods.ts';
import { FORMS } from './dump-forms.ts';
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
  /** What an earlier run has of a target. */
  readonly known?: (target: DumpTarget) => readonly KeptObservation[] | undefined;
  /** Told what a target said, as soon as it is there. */
  readonly onRead?: (target: DumpTarget, observations: readonly KeptObservation[]) => Promise<void>;
}

/** A `get` opens the connection; `create` is asked for as well since Kubernetes 1.35, as for `pods/exec` (open-pods.ts). */
const GRANT = { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create'] };

const HEAD = 8192;

/**
 * Asks for the documents of a plan, two at a time, and keeps of each answer what is compared. Where a pod does not give it, a replica of its
 * class is asked; what fails at all of them is named, and the rest goes on.
 */
export async function readDumps(
  get: GetFromPod,
  { targets, gaps }: DumpPlan,
  { pace = PACE, now = () => new Date(), onStep = () => undefined, known, onRead }: ReadDumpsOptions = {},
): Promise<{ readonly observations: readonly KeptObservation[]; readonly gaps: readonly DumpGap[] }> {
  const limit = pLimit(pace.parallel);
  const forbidden = new Map<string, Set<string>>();
  let done = 0;
  const tryOne = async (target: DumpTarget): Promise<Told> => {
    await sleep(pace.pauseMs);
    try {
      return await askPod(get, target, now().toISOString());
    } catch (error) {
      if (error instanceof ForwardError && error.status === 403) throw error;
      if (!(error instanceof ForwardError || error instanceof ExchangeError)) throw error;
      return [undefined, error.message];
    }
  };
  const readOne = async (target: DumpTarget): Promise<readonly KeptObservation[] | DumpGap> => {
    const { namespace, pod, others } = target;
    const refused = forbidden.get(namespace);
    const before = known?.(target);
    if (before) return before;
    try {
      if (refused) throw new ForwardError(403);
      const whys: (readonly [pod: string, why: string])[] = [];
      for (const each of [pod, ...others]) {
        const [observations, why] = await tryOne({ ...target, pod: each });
        if (observations) {
          await onRead?.(target, observations);
          return observations;
        }
        whys.push([each, why]);
      }
      return { what: nameOf(target), namespace, reason: 'failed', why: describe(whys) + costOf(target) };
    } catch (error) {
      if (!(error instanceof ForwardError && error.status === 403)) throw error;
      forbidden.set(namespace, (forbidden.get(namespace) ?? new Set()).add(pod));
      return [];
    } finally {
      onStep(`${++done} of ${targets.length} dumps asked for`);
    }
  };
  const outcomes = await Promise.all(targets.map((target) => limit(() => readOne(target))));
  const refused = [...forbidden].map(
    ([namespace, { size }]): DumpGap => ({
      what: size === 1 ? `a pod of namespace \`${namespace}\`` : `${size} pods of namespace \`${namespace}\``,
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

function describe(whys: readonly (readonly [pod: string, why: string])[]): string {
  const [[, only] = ['', ''], ...others] = whys;
  return others.length === 0 ? only : whys.map(([pod, why]) => `${pod}: ${why}`).join('; ');
}

const costOf = ({ page }: DumpTarget): string =>
  page === 'syncz' ? ': replicas that were not dumped do not count' : '';

type Told = readonly [observations: readonly KeptObservation[] | undefined, why: string];

/** The next port is asked where the first does not say it; the API server not opening the way into the pod is the end of it. */
async function askPod(get: GetFromPod, target: DumpTarget, at: string): Promise<Told> {
  const { ports } = FORMS[target.page];
  const whys: string[] = [];
  for (const port of ports) {
    try {
      const told = await readAt(get, target, port, at);
      if (told[0]) return told;
      whys.push(told[1]);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      whys.push(error.message);
    }
  }
  return [undefined, whys.join(', ')];
}

async function readAt(get: GetFromPod, target: DumpTarget, port: number, at: string): Promise<Told> {
  const { kind, page, namespace, pod } = target;
  const { path, forms, isEmpty } = FORMS[page];
  const { status, body } = await get({ namespace, pod, port, path });
  if (status !== 200) return [undefined, `HTTP ${status} from \`${path}\` at port ${port}`];
  const form = forms[kind];
  if (!form || !(isEmpty?.test(body) || form.isMeant(body.slice(0, HEAD), body)))
    return [undefined, `\`${path}\` at port ${port} gives something else`];
  const file = kind === 'istiod' ? `${namespace}/${pod}${path}` : `${namespace}/${pod}`;
  const read = form.read(body, { file, cluster: '', at });
  if ('message' in read) return [undefined, read.message];
  // These forms give nothing else.
  return [read.observations.map((each) => keepObservation(each as KeptObservation)), ''];
}
