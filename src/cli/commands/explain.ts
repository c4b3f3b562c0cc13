import { InputError } from '../../collect/input-error.ts';
import type { Ask } from '../../engine/explain/ask.ts';
import { runExplain } from '../../engine/explain/run-explain.ts';
import { renderExplanation } from '../../report/explanation/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

type Flags = InputFlags &
  Omit<Ask, 'from' | 'to'> & {
    readonly from?: string;
    readonly to?: string;
    readonly format: 'terminal' | 'json';
    readonly quiet?: boolean;
    readonly verbose?: boolean;
    readonly color?: boolean;
  };

/** `meshproof explain INPUT... --from A --to B`: exit 0 once it is answered, whatever the answer. */
export async function explainCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const { from, to } = flags;
  const inputs = namedInputs(paths, flags);
  if (from === undefined || to === undefined)
    throw new InputError(
      `\`explain\` has to know who ${from === undefined ? 'sends (`--from`)' : 'is called (`--to`)'}`,
      'for example: --from shop/web --to payments/payments-api:8080, or --from internet --to gateway:ingress/gateway:443',
    );
  const cwd = process.cwd();
  const { explanation, diagnostics } = await runExplain(inputs, { ...flags, from, to }, inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  output.out(
    flags.format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation, output),
  );
  return 0;
}
