import { InputError } from '../../collect/input-error.ts';
import { type Question, runWhyDenied } from '../../engine/why-denied/run-why-denied.ts';
import type { Hints } from '../../engine/why-denied/why-denied.ts';
import { renderDenial } from '../../report/explanation/denial.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

type Flags = InputFlags &
  Hints & {
    readonly log?: string;
    readonly url?: string;
    readonly code?: number;
    readonly format: 'terminal' | 'json';
    readonly quiet?: boolean;
    readonly verbose?: boolean;
    readonly color?: boolean;
  };

/** `meshproof why-denied INPUT... --log LINE`: exit 0 once it is answered, whatever the answer. */
export async function whyDeniedCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const inputs = namedInputs(paths, flags);
  const question = await readQuestion(paths, flags);
  const cwd = process.cwd();
  const { denial, diagnostics } = await runWhyDenied(inputs, question, flags, inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(denial, null, 2)}\n` : renderDenial(denial, output));
  return 0;
}

async function readQuestion(paths: readonly string[], { log, url, method, code }: Flags): Promise<Question> {
  if (log !== undefined && url !== undefined)
    throw new InputError('`--log` and `--url` say two things', 'give one of them');
  if (url !== undefined)
    return { url, ...(method === undefined ? {} : { method }), ...(code === undefined ? {} : { code }) };
  if (log !== undefined) return { log };
  const help = 'paste a log line with `--log`, pipe it in, or say `--url`, `--method` and `--code`';
  if (paths.includes('-'))
    throw new InputError('stdin is the mesh already, so that no log line can come from it', help);
  if (process.stdin.isTTY) throw new InputError('it is not said what was denied', help);
  const text = (await readStdin()).toString('utf8');
  if (text.trim() === '') throw new InputError('it is not said what was denied', help);
  return { log: text };
}
