import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../collect/input-error.ts';
import { runLearn } from '../../engine/wanted/run-learn.ts';
import { writeWanted } from '../../engine/wanted/write-wanted.ts';
import { askYes } from '../ask-yes.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly learn?: boolean;
  readonly out?: string;
  readonly yes?: boolean;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof wanted --learn INPUT... --out FILE`: never writes over a file without asking. */
export async function wantedCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const { out, yes = false, format } = flags;
  if (!flags.learn)
    throw new InputError('`wanted` has one thing to do: `--learn`', 'meshproof wanted --learn INPUT... --out FILE');
  const cwd = process.cwd();
  const file = out === undefined ? undefined : path.resolve(cwd, out);
  const isTaken = file !== undefined && existsSync(file);
  if (isTaken && !yes && process.stdin.isTTY !== true)
    throw new InputError(
      `\`${out}\` exists, and nobody is there to ask whether to write over it`,
      'name another file, or give --yes',
    );
  const { learnt, diagnostics } = await runLearn(namedInputs(paths, flags), inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  const text = writeWanted(learnt);
  if (file !== undefined) {
    if (isTaken && !yes && !(await askYes(`write over ${out}?`))) {
      output.err('nothing was written\n');
      return 0;
    }
    writeFileSync(file, text);
    output.err(`${learnt.flows.length} flows to review in ${out}, ${learnt.left.length} not proposed\n`);
  }
  if (format === 'json') output.out(`${JSON.stringify(learnt, null, 2)}\n`);
  else if (file === undefined) output.out(text);
  return 0;
}
