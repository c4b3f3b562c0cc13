import type { InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import { runDiff } from '../../engine/compare/run-diff.ts';
import { renderComparison } from '../../report/comparison/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof diff BASE HEAD`, or `diff --base DIR INPUT...`: exit 1 when it opens something. */
export async function diffCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const under = flags.base ?? [];
  const states: readonly InputSpec[] = [...paths.map((path) => ({ path })), ...flags.cluster, ...flags.context];
  const [base, head] = under.length > 0 ? [under, states] : [states.slice(0, 1), states.slice(1)];
  if (!base.length || !head.length || (under.length === 0 && states.length !== 2))
    throw new InputError(
      '`diff` compares two states',
      'give BASE and HEAD, or --base BASE and what is applied to it; for named clusters --base NAME=BASE and --cluster NAME=HEAD',
    );
  const io = { cwd, stdin: readStdin };
  const { comparison, diagnostics } = await runDiff(base, head, inputOptions(flags, cwd), io);
  printDiagnostics(diagnostics, output);
  output.out(
    flags.format === 'json' ? `${JSON.stringify(comparison, null, 2)}\n` : renderComparison(comparison, output),
  );
  return comparison.opened.length + comparison.paths.opened.length > 0 ? 1 : 0;
}
