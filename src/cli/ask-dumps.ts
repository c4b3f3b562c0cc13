import type { DumpOptions } from '../collect/dumps/add-dumps.ts';
import type { DumpPlan, DumpTarget } from '../collect/dumps/choose-pods.ts';
import { InputError } from '../collect/input-error.ts';
import { askYes } from './ask-yes.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

export interface DumpFlags {
  readonly dumps?: boolean;
  readonly yes?: boolean;
}

/** What `--dumps` comes to: the cost is said first, and somebody has to agree. */
export function dumpOptions(
  { dumps = false, yes = false }: DumpFlags,
  contexts: number,
  output: Output,
  progress: Progress,
): { readonly dumps?: DumpOptions } {
  if (!dumps) return {};
  if (contexts === 0)
    throw new InputError(
      '`--dumps` has to know which cluster',
      'give --context NAME; of files, name the dumps beside the manifests',
    );
  if (!yes && process.stdin.isTTY !== true)
    throw new InputError('nobody is there to say whether the proxies may be dumped', 'give --yes');
  const mayDump = async (context: string, plan: DumpPlan): Promise<boolean> => {
    progress.end();
    if (!output.quiet || !yes) output.err(`${context}: ${describePlan(plan)}\n`);
    if (yes || (await askYes('dump them?'))) return true;
    output.err(`${context}: no proxy was dumped\n`);
    return false;
  };
  return { dumps: { mayDump } };
}

function describePlan({ targets, bytes, kept = 0 }: DumpPlan): string {
  const size = bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${Math.ceil(bytes / 1_000_000)} MB`;
  const pods = (kind?: DumpTarget['kind']): number =>
    new Set(
      targets
        .filter((each) => kind === undefined || each.kind === kind)
        .map(({ namespace, pod }) => `${namespace}/${pod}`),
    ).size;
  const parts = [
    `${targets.length} dumps from ${pods()} pods`,
    `(${pods('envoy')} Envoy, ${pods('ztunnel')} ztunnel, ${pods('istiod')} istiod)`,
  ];
  const before = kept > 0 ? `, ${kept} of them from the run before` : '';
  return `${parts.join(' ')}, about ${size}, through the API server${before}`;
}
