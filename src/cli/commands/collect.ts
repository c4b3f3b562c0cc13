import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ContextInput } from '../../collect/collect.ts';
import { collectBundle, partialOf } from '../../collect/collect-bundle.ts';
import { InputError } from '../../collect/input-error.ts';
import { describeDumpGap, describeGap } from '../../collect/describe-gap.ts';
import { TOOL } from '../../engine/tool.ts';
import { dumpOptions } from '../ask-dumps.ts';
import { askYes } from '../ask-yes.ts';
import { type Output, processOutput } from '../output.ts';
import { progressOn } from '../progress.ts';

interface Flags {
  readonly context: readonly ContextInput[];
  readonly namespace: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly dumps?: boolean;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof collect --context NAME`: exit 0 once the bundle is written, whatever it lacks, since it says so itself. */
export async function collectCommand(flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const contexts = [...new Set(flags.context.map(({ context }) => context))];
  const [first] = contexts;
  if (first === undefined)
    throw new InputError(
      '`collect` has to know which cluster',
      'give --context NAME; kubectl config get-contexts lists them',
    );
  const name = flags.out ?? `${first.replaceAll(/[^\w.-]+/g, '-')}.tar.gz`;
  const file = path.resolve(process.cwd(), name);
  const progress = progressOn(process.stderr, output.quiet);
  const dumping = dumpOptions(flags, contexts.length, output, progress);
  if (!(await mayWrite(file, name, flags, output))) return 2;
  const { clusters, sha256, resumed } = await collectBundle({
    contexts,
    ...(flags.namespace.length === 0 ? {} : { namespaces: [...new Set(flags.namespace)].sort() }),
    file,
    resume: flags.resume ?? false,
    tool: { name: TOOL.name, version: TOOL.version },
    onStep: progress.step,
    ...dumping,
  })
    .catch((error: unknown) => {
      progress.end();
      if (existsSync(partialOf(file)) && !output.quiet)
        output.err(`what was read is kept in ${partialOf(name)}: go on with --resume\n`);
      throw error;
    })
    .finally(progress.end);

  if (output.quiet) return 0;
  for (const { name: cluster, kubernetesVersion, read, gaps, dumps } of clusters) {
    const objects = read.reduce((total, list) => total + list.objects, 0);
    output.err(`${cluster}: Kubernetes ${kubernetesVersion}, ${objects} objects of ${read.length} kinds\n`);
    if (dumps) output.err(`${cluster}: ${dumps.objects} of ${dumps.planned} dumps were read\n`);
    for (const { message, help } of [...gaps.map(describeGap), ...(dumps?.gaps ?? []).map(describeDumpGap)]) {
      output.err(`${cluster}: gap: ${message} (${help})\n`);
    }
  }
  if (resumed > 0) output.err(`${resumed} kinds are from the run before\n`);
  output.err(`wrote ${name}, sha256 ${sha256}\n`);
  return 0;
}

/** A bundle is evidence: none is replaced unasked. */
async function mayWrite(file: string, name: string, { yes = false }: Flags, output: Output): Promise<boolean> {
  if (!existsSync(path.dirname(file)))
    throw new InputError(`the folder of \`${name}\` does not exist`, 'make it first, or name another with --out');
  if (!existsSync(file) || yes) return true;
  if (process.stdin.isTTY !== true)
    throw new InputError(
      `\`${name}\` exists already, and nobody is there to say whether to replace it`,
      'give --yes, or another name with --out',
    );
  if (await askYes(`replace ${name}?`)) return true;
  output.err('nothing was collected\n');
  return false;
}
