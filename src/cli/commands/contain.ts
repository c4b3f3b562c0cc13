import { existsSync } from 'node:fs';
import { InputError } from '../../collect/input-error.ts';
import { runContain } from '../../engine/contain/run-contain.ts';
import { renderContainment } from '../../report/contain/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly keepDns?: boolean;
  readonly out?: string;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof contain ns/workload INPUT...`: exit 1 where something of it is not stopped. */
export async function containCommand(names: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const [workload, ...paths] = names;
  if (workload === undefined || existsSync(workload) || !workload.includes('/'))
    throw new InputError(
      workload === undefined ? 'no workload' : `\`${workload}\` is no workload`,
      'give the workload first, then the input: meshproof contain ns/workload INPUT...',
    );
  const ask = { workload, keepDns: flags.keepDns ?? false, ...(flags.out === undefined ? {} : { out: flags.out }) };
  const io = { cwd, stdin: readStdin };
  const { containment, diagnostics } = await runContain(namedInputs(paths, flags), ask, inputOptions(flags, cwd), io);
  printDiagnostics(diagnostics, output);
  output.out(
    flags.format === 'json' ? `${JSON.stringify(containment, null, 2)}\n` : renderContainment(containment, output),
  );
  return containment.contained ? 0 : 1;
}
