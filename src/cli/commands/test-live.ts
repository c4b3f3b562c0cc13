import { existsSync, writeFileSync } from 'node:fs';
import pc from 'picocolors';
import type { ContextInput } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { PodAccess } from '../../collect/live/pod-access.ts';
import { answersOf, type PlannedProbes, readProbes } from '../../engine/probe/run-probes.ts';
import { sendProbes } from '../../engine/probe/send-probes.ts';
import { writeScript } from '../../engine/probe/write-script.ts';
import type { ProbeAnswer } from '../../evidence/probes/answer.ts';
import { askYes } from '../ask-yes.ts';
import { printDiagnostics } from '../errors.ts';
import { type Output, processOutput } from '../output.ts';
import { progressOn } from '../progress.ts';
import { readStdin } from '../stdin.ts';

export interface LiveFlags {
  readonly format: 'terminal' | 'json' | 'junit';
  readonly out?: string;
  readonly live?: boolean;
  readonly context: readonly ContextInput[];
  readonly probeScript?: string;
  readonly unsafeMethods?: boolean;
  /** Seconds between two probes. */
  readonly pause?: number;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof test SUITE --live --context NAME`, or `--probe-script FILE`: exit 1 when a probe is answered otherwise than its case expects. */
export async function testLive(suites: readonly string[], flags: LiveFlags): Promise<number> {
  const output = processOutput(flags);
  const contexts = [...new Set(flags.context.map(({ context }) => context))];
  if (flags.format === 'junit')
    throw new InputError('live tests have no JUnit output', 'use --format json or terminal');
  if (flags.live && flags.probeScript !== undefined)
    throw new InputError('`--live` sends the probes, `--probe-script` leaves that to you', 'give one of them');
  if (!flags.live && contexts.length > 0)
    throw new InputError('`--context` is where probes are sent to, and none are sent', 'add --live to send them');
  if (flags.live && contexts.length === 0)
    throw new InputError(
      '`--live` has to know which cluster',
      'give --context NAME; kubectl config get-contexts lists them',
    );
  const planned = await readProbes(
    suites,
    { unsafeMethods: flags.unsafeMethods ?? false },
    { cwd: process.cwd(), stdin: readStdin },
  );
  printDiagnostics(planned.diagnostics, output);
  if (planned.unusable > 0) return 2;
  if (planned.probes.length === 0) {
    printSkipped(planned, output);
    throw new InputError('no case can be sent from a pod', 'cases need `from: { workload }` and a Service of the mesh');
  }
  return flags.probeScript === undefined
    ? send(planned, contexts, flags, output)
    : script(planned, flags.probeScript, output);
}

function script(planned: PlannedProbes, file: string, output: Output): number {
  writeFileSync(file, writeScript(planned), { mode: 0o755 });
  printSkipped(planned, output);
  if (!output.quiet) output.err(`wrote ${file}: ${describePlan(planned)}; sh ${file} > results.jsonl\n`);
  return 0;
}

function describePlan({ probes, skipped }: PlannedProbes): string {
  const controls = probes.filter(({ name }) => name.startsWith('control: ')).length;
  const pods = new Set(probes.map(({ source }) => source)).size;
  const parts = [`${probes.length} probes from ${pods} workload${pods === 1 ? '' : 's'}`];
  if (controls > 0) parts.push(`${controls} of them positive controls`);
  if (skipped.length > 0) parts.push(`${skipped.length} cases not sent`);
  return parts.join(', ');
}

function printSkipped({ probes, skipped }: PlannedProbes, output: Output): void {
  if (output.quiet) return;
  const alone = probes.filter(({ expect, control }) => expect === 'deny' && control === undefined);
  for (const { suite, name, source } of alone)
    output.err(`no control: ${suite} › ${name}: a refusal will not count; add a case that passes from ${source.id}\n`);
  for (const { suite, name, why } of skipped) output.err(`not sent: ${suite} › ${name}: ${why}\n`);
}

async function send(
  planned: PlannedProbes,
  contexts: readonly string[],
  flags: LiveFlags,
  output: Output,
): Promise<number> {
  const { probes, secrets } = planned;
  printSkipped(planned, output);
  for (const { variable, what } of secrets.filter(({ variable }) => !process.env[variable]))
    if (!output.quiet) output.err(`${variable} is not set (${what}): its probes are not sent\n`);
  const methods = [...new Set(probes.map(({ http }) => http?.method ?? 'TCP'))].sort().join(', ');
  const pause = flags.pause ?? 1;
  if (!output.quiet)
    output.err(`${describePlan(planned)}, to ${contexts.join(', ')}: ${methods}; one every ${pause} s or slower\n`);
  if (!(await maySend(flags, output))) return 2;

  const { openPods } = await import('../../collect/live/open-pods.ts');
  const opened = new Map<string, PodAccess>();
  const access = (cluster: string): PodAccess => {
    const context = contexts.length === 1 && cluster === '' ? contexts[0] : contexts.find((each) => each === cluster);
    if (context === undefined)
      throw new InputError(`no --context is the cluster \`${cluster}\``, 'a cluster goes by the name of its context');
    const known = opened.get(context) ?? openPods(context);
    opened.set(context, known);
    return known;
  };
  const progress = progressOn(process.stderr, output.quiet);
  let sent = 0;
  const lines = await sendProbes(probes, {
    access,
    environment: process.env,
    pauseMs: pause * 1000,
    onResult: ({ name }) => progress.step(`${++sent} of ${probes.length} probes: ${name}`),
  }).finally(() => {
    progress.end();
    for (const each of opened.values()) each.close();
  });
  if (flags.out !== undefined)
    writeFileSync(flags.out, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  const answers = answersOf(lines);
  output.out(flags.format === 'json' ? json(answers, planned) : terminal(answers, output));
  const counts = countsOf(answers);
  if (counts.failed > 0) return 1;
  return counts.passed > 0 ? 0 : 2;
}

async function maySend({ yes = false, out }: LiveFlags, output: Output): Promise<boolean> {
  if (yes) return true;
  const replaces = out !== undefined && existsSync(out) ? `, and replace ${out}` : '';
  if (process.stdin.isTTY !== true)
    throw new InputError('nobody is there to say whether the probes may be sent', 'give --yes');
  if (await askYes(`send them${replaces}?`)) return true;
  output.err('nothing was sent\n');
  return false;
}

const isAsExpected = ({ result, answer }: ProbeAnswer): boolean =>
  answer === (result.expect === 'allow' ? 'allowed' : 'denied');

function countsOf(answers: readonly ProbeAnswer[]) {
  const inconclusive = answers.filter(({ answer }) => answer === 'inconclusive').length;
  const passed = answers.filter(isAsExpected).length;
  return { passed, failed: answers.length - passed - inconclusive, inconclusive };
}

function json(answers: readonly ProbeAnswer[], { probes, skipped }: PlannedProbes): string {
  const sent = answers.map(({ result: { suite, name, expect, pod, at, code, exit }, answer, by, why }) => ({
    ...{ suite, name, expect, answer, ...(by ? { by } : {}), why, pod, code, exit, at },
  }));
  const result = { probes: sent, notSent: [...skipped, ...unsent(answers, probes)], ...countsOf(answers) };
  return `${JSON.stringify(result, null, 1)}\n`;
}

function unsent(answers: readonly ProbeAnswer[], probes: PlannedProbes['probes']): PlannedProbes['skipped'] {
  const sent = new Set(answers.map(({ result }) => result.id));
  return probes
    .filter(({ id }) => !sent.has(id))
    .map(({ suite, name }) => ({ suite, name, why: 'a secret that it needs is not set' }));
}

function terminal(answers: readonly ProbeAnswer[], output: Output): string {
  const colors = pc.createColors(output.color);
  const lines = answers.map((each) => {
    const { result, answer, why } = each;
    const mark = isAsExpected(each)
      ? colors.green('pass')
      : answer === 'inconclusive'
        ? colors.yellow('open')
        : colors.red('FAIL');
    return `${mark}  ${result.suite} › ${result.name}: ${answer}: ${why}`;
  });
  const { passed, failed, inconclusive } = countsOf(answers);
  lines.push(`${passed} passed, ${failed} failed, ${inconclusive} inconclusive`);
  return `${lines.join('\n')}\n`;
}
