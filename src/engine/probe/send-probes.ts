import { setTimeout as sleep } from 'node:timers/promises';
import type { PodAccess } from '../../collect/live/pod-access.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { ProbeLine } from '../../result/probe-result.ts';
import { clientCommands } from './client.ts';
import { FIRST_BYTES, secretInput, TRAILER } from './curl-command.ts';
import { podNames } from './pod-names.ts';
import type { Probe } from './probe.ts';
import { resultFacts } from './result-line.ts';
import { sendingContainers } from './sending-containers.ts';

export interface SendOptions {
  /** The way into the cluster of a workload. */
  readonly access: (cluster: string) => PodAccess;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Between two probes. */
  readonly pauseMs: number;
  readonly now?: () => Date;
  readonly onResult?: (line: ProbeLine) => void;
}

/** Sends probes one at a time from pods that exist. Those that lack a secret are left out. */
export async function sendProbes(
  probes: readonly Probe[],
  { access, environment, pauseMs, now = () => new Date(), onResult = () => undefined }: SendOptions,
): Promise<readonly ProbeLine[]> {
  const pods = new Map<Workload, string>();
  const missing = new Set<string>();
  const lines: ProbeLine[] = [];
  for (const probe of probes) {
    if (secretInput(probe, 'curl', environment) === undefined) continue;
    const { source } = probe;
    if (lines.length > 0) await sleep(pauseMs);
    const inside = access(source.cluster);
    const pod = pods.get(source) ?? (await findPod(inside, source));
    pods.set(source, pod);
    const at = now().toISOString();
    const seen = pod === '' ? NOTHING : await sendOne(inside, probe, pod, environment, missing);
    const line: ProbeLine = { ...resultFacts(probe), pod, at, ...seen };
    lines.push(line);
    onResult(line);
  }
  return lines;
}

/** The first running pod of a workload. */
async function findPod(access: PodAccess, source: Workload): Promise<string> {
  const { kind, namespace, labels } = source;
  const running = await access.pods(namespace, kind === 'Pod' ? {} : labels);
  const isIts = new RegExp(podNames(source));
  return running.find((pod) => isIts.test(pod)) ?? '';
}

type Sent = Pick<ProbeLine, 'client' | 'exit' | 'code' | 'server' | 'said' | 'bytes'>;
const NOTHING: Sent = { client: 'failed', exit: 1, code: 0, server: '', said: '', bytes: 0 };
const END = new RegExp(`^${TRAILER} (\\d+) (\\d+)$`, 'gm');

/** With the first client that one of the containers has. `missing`: what was looked for in vain, so that it is not again. */
async function sendOne(
  access: PodAccess,
  probe: Probe,
  pod: string,
  environment: SendOptions['environment'],
  missing: Set<string>,
): Promise<Sent> {
  const { namespace, cluster } = probe.source;
  let failed: Sent | undefined;
  for (const { name: client, command } of clientCommands(probe)) {
    const input = secretInput(probe, client, environment) ?? '';
    const stdin = client === 'curl' && !probe.http ? { stdin: FIRST_BYTES, staysOpen: true } : { stdin: input };
    for (const container of sendingContainers(probe)) {
      const place = [cluster, namespace, pod, container, client].join('/');
      if (missing.has(place)) continue;
      const { output, exit } = await access.run({ namespace, pod, container, command, ...stdin });
      const end = [...output.matchAll(END)].at(-1);
      if (end) return { client, exit, code: Number(end[1]), bytes: Number(end[2]), ...wordsIn(output, Number(end[2])) };
      if (isMissing(output, exit)) missing.add(place);
      else failed = { ...NOTHING, exit };
    }
  }
  return failed ?? { ...NOTHING, exit: 127, client: 'none' };
}

/** In the words of runc and of crun. */
const isMissing = (output: string, exit: number): boolean =>
  exit === 126 || exit === 127 || /executable file (?:`[^`]*` )?not found/.test(output);

const WORDS =
  /^(?:RBAC: access denied|(?:Jwt|Jwks|Audiences in Jwt) [\w .,'-]+|upstream connect error [\w .,/:]+|no healthy upstream)/gm;

/** What the mesh is known to say, where that is the whole answer; nothing else of it is kept. */
function wordsIn(output: string, bytes: number): Pick<Sent, 'server' | 'said'> {
  const server = /^server: *([\w./-]+)/im.exec(output)?.[1] ?? '';
  const words = [...output.matchAll(WORDS)].at(-1)?.[0] ?? '';
  const isWhole = words.length === bytes || words.startsWith('upstream connect error');
  return { server, said: isWhole ? words : '' };
}
