import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InputSpec } from '../../collect/collect.ts';
import { prometheusAsk } from '../input-options.ts';
import { readConfigFile } from '../../collect/config-file.ts';
import { InputError } from '../../collect/input-error.ts';
import { audit } from '../../engine/audit.ts';
import { applyBaseline, writeBaseline } from '../../findings/baseline.ts';
import { type RenderOptions, renderers } from '../../report/index.ts';
import type { AuditResult, Finding } from '../../result/types.ts';
import { dumpOptions } from '../ask-dumps.ts';
import { printDiagnostics } from '../errors.ts';
import { namedInputs, parseDate } from '../input-options.ts';
import { type Output, processOutput } from '../output.ts';
import { progressOn } from '../progress.ts';
import { readStdin } from '../stdin.ts';

type Format = keyof typeof renderers;

interface Flags {
  readonly prometheus?: string;
  readonly window?: number;
  readonly prometheusTokenFile?: string;
  readonly format: Format;
  readonly out: readonly string[];
  readonly failOn: 'critical' | 'high' | 'medium' | 'low' | 'never';
  readonly rule: readonly string[];
  readonly skip: readonly string[];
  readonly namespace: readonly string[];
  readonly owner: readonly string[];
  readonly cluster: readonly InputSpec[];
  readonly context: readonly InputSpec[];
  readonly dumps?: boolean;
  readonly yes?: boolean;
  readonly residual?: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly config?: string;
  readonly defaultNamespace?: string;
  readonly now?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof audit INPUT...`: exit 1 where a finding that nobody accepted is at or above the threshold. */
export async function auditCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const inputs = namedInputs(paths, flags);
  const cwd = process.cwd();
  const targets = flags.out.map(parseTarget(flags.format));
  for (const { file } of targets) refuseInput(file, inputs, cwd);

  const progress = progressOn(process.stderr, output.quiet);
  const dumping = dumpOptions(flags, flags.context.length, output, progress);
  const result = await audit(
    inputs,
    {
      onStep: progress.step,
      ...(flags.prometheus === undefined ? {} : { prometheus: prometheusAsk(flags.prometheus, flags, cwd) }),
      ...(flags.config === undefined ? {} : { config: readConfigFile(flags.config, cwd) }),
      ...(flags.defaultNamespace === undefined ? {} : { defaultNamespace: flags.defaultNamespace }),
      ...judgedAgainst(flags),
    },
    { cwd, stdin: readStdin, ...dumping },
  ).finally(progress.end);
  printDiagnostics(result.diagnostics, output);

  const open = newFindings(result, flags, output);
  const shown = { ...result, findings: result.findings.filter(isShown(flags)) };
  if (targets.length === 0) output.out(await render(shown, flags.format, flags, output));
  for (const { format, file } of targets) {
    writeFileSync(file, await render(shown, format, flags, { ...output, color: false, width: 100 }));
    if (!output.quiet) output.err(`wrote ${file}\n`);
  }
  if (flags.writeBaseline !== undefined) {
    refuseInput(flags.writeBaseline, inputs, cwd);
    writeFileSync(flags.writeBaseline, `${JSON.stringify(writeBaseline(result.findings), null, 2)}\n`);
    if (!output.quiet) output.err(`wrote ${flags.writeBaseline}\n`);
  }
  return open.some((finding) => isAtLeast(finding, flags.failOn)) ? 1 : 0;
}

async function render(
  result: AuditResult,
  format: Format,
  flags: Flags,
  { width, color, verbose }: Pick<Output, 'width' | 'color' | 'verbose'>,
): Promise<string> {
  const renderer = await renderers[format]();
  const options: RenderOptions = { width, color, verbose, residualOnly: flags.residual ?? false };
  return renderer(result, options);
}

/** What may fail the run: neither accepted nor known from the baseline. */
function newFindings({ findings }: AuditResult, flags: Flags, output: Output): readonly Finding[] {
  const unaccepted = findings.filter(({ exception }) => !exception);
  if (flags.baseline === undefined) return unaccepted;
  const { fresh, known, gone } = applyBaseline(unaccepted, readBaseline(flags.baseline));
  if (!output.quiet) output.err(`baseline: ${fresh.length} new, ${known.length} known, ${gone.length} gone\n`);
  return fresh.map(({ finding }) => finding);
}

function readBaseline(file: string): Parameters<typeof applyBaseline>[1] {
  if (!existsSync(file)) throw new InputError(`no such file: ${file}`, '`--write-baseline FILE` makes one');
  try {
    const value = JSON.parse(readFileSync(file, 'utf8'));
    if (value?.kind === 'Baseline' && Array.isArray(value.findings)) return value;
  } catch {
    // Said below.
  }
  throw new InputError(`${file} is no baseline`, '`--write-baseline FILE` makes one');
}

/** Display only: the headline never changes by a filter. */
function isShown({ rule, skip, namespace, owner }: Flags): (finding: Finding) => boolean {
  return (finding) =>
    (rule.length === 0 || rule.includes(finding.id)) &&
    !skip.includes(finding.id) &&
    (namespace.length === 0 || finding.subjects.some((subject) => namespace.includes(subject.namespace))) &&
    (owner.length === 0 || (finding.owner !== undefined && owner.includes(finding.owner)));
}

const ORDER = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

function isAtLeast({ severity }: Finding, threshold: Flags['failOn']): boolean {
  const rank = ORDER.indexOf(severity);
  return rank >= 0 && rank <= ORDER.indexOf(threshold.toUpperCase());
}

const isFormat = (word: string): word is Format => Object.hasOwn(renderers, word);

/** `file`, or `format=file`. */
function parseTarget(fallback: Format): (text: string) => { readonly format: Format; readonly file: string } {
  return (text) => {
    const at = text.indexOf('=');
    const word = text.slice(0, at);
    if (at > 0 && isFormat(word)) return { format: word, file: text.slice(at + 1) };
    // A name says what a reader of the file expects, unless another format was asked for.
    const named = EXTENSIONS[path.extname(text).toLowerCase()];
    return { format: fallback === 'terminal' && named ? named : fallback, file: text };
  };
}

const EXTENSIONS: Readonly<Record<string, Format>> = {
  '.html': 'html',
  '.htm': 'html',
  '.json': 'json',
  '.md': 'markdown',
};

function refuseInput(file: string, inputs: readonly InputSpec[], cwd: string): void {
  const full = path.resolve(cwd, file);
  const isInput = inputs.some((input) => 'path' in input && path.resolve(cwd, input.path) === full);
  if (isInput || /\.ya?ml$/i.test(file)) {
    throw new InputError(
      `will not write a report over ${file}`,
      'manifests are never written over; give the report a name of its own',
    );
  }
}

/** Files are judged against no clock, so that the same input gives the same bytes; a live cluster is judged now. */
function judgedAgainst({ now, context }: Flags): { readonly now?: Date } {
  if (now !== undefined) return { now: parseDate(now) };
  return context.length > 0 ? { now: new Date() } : {};
}
