import type { ProbeResult } from '../../model/observation/probe-result.ts';
import { bashCommand } from './bash-command.ts';
import { CURL } from './curl-command.ts';
import { nodeCommand } from './node-command.ts';
import type { Probe } from './probe.ts';
import { pythonCommand } from './python-command.ts';
import { wgetCommand } from './wget-command.ts';

export type ClientName = Exclude<ProbeResult['client'], 'none' | 'failed'>;

/** A program that can send a probe. All end as curl does: with its exit codes, and a last line with status and bytes of the body. */
export interface Client {
  readonly name: ClientName;
  /** Undefined: it could not send exactly this, or not tell how it was answered. */
  readonly command: (probe: Probe) => readonly string[] | undefined;
}

/** In the order in which they are looked for: wget, which leaves out the body of a 401, after those that tell everything. */
const CLIENTS: readonly Client[] = [
  CURL,
  { name: 'python3', command: pythonCommand },
  { name: 'node', command: nodeCommand },
  { name: 'wget', command: wgetCommand },
  { name: 'bash', command: bashCommand },
];

export interface ClientCommand {
  readonly name: ClientName;
  readonly command: readonly string[];
}

/** The commands that may send a probe, the best first. */
export function clientCommands(probe: Probe): readonly ClientCommand[] {
  return CLIENTS.flatMap(({ name, command }) => {
    const words = command(probe);
    return words === undefined ? [] : [{ name, command: words }];
  });
}
