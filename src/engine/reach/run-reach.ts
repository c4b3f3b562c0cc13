import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { Reach } from '../../result/reach.ts';
import { observeFacts } from '../observe.ts';
import { resolveSource } from '../../semantics/resolve-request.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { reach, type ReachQuestion } from './reach.ts';

/** Who may send what to whom. Throws an InputError that says what is possible if the question makes no sense. */
export async function runReach(
  inputs: readonly InputSpec[],
  ask: { readonly from?: string; readonly to?: string },
  options: InputOptions,
  io: CollectIo,
): Promise<{ readonly reach: Reach; readonly diagnostics: readonly Diagnostic[] }> {
  const input = await readInput(inputs, options, io);
  const { diagnostics } = input;
  const facts = observeFacts(input);
  const { mesh } = facts;
  const question: ReachQuestion = {
    ...(ask.from === undefined ? {} : { from: readFrom(mesh, ask.from, diagnostics) }),
    ...(ask.to === undefined ? {} : { to: readTo(mesh, ask.to, diagnostics) }),
  };
  return { reach: reach(facts, question), diagnostics };
}

function readFrom(mesh: Mesh, text: string, diagnostics: readonly Diagnostic[]): NonNullable<ReachQuestion['from']> {
  return text === 'internet' ? text : findWorkload(mesh, text, diagnostics);
}

/** `ns/name` or `ns/name:port`; a cluster in front of the namespace is kept apart by its slash. */
function readTo(mesh: Mesh, text: string, diagnostics: readonly Diagnostic[]): NonNullable<ReachQuestion['to']> {
  const port = /:(\d+)$/.exec(text)?.[1];
  const workload = findWorkload(mesh, port === undefined ? text : text.slice(0, -port.length - 1), diagnostics);
  if (port === undefined) return { workload };
  const known = workload.ports.map((own) => own.port);
  if (known.includes(Number(port))) return { workload, port: Number(port) };
  const help = known.length > 0 ? `its ports: ${known.join(', ')}` : 'nothing in the input declares a port of it';
  throw new InputError(`workload \`${workload.id}\` has no port ${port}`, help, diagnostics);
}

function findWorkload(mesh: Mesh, name: string, diagnostics: readonly Diagnostic[]): Workload {
  const source = resolveSource(mesh, { workload: name });
  if ('error' in source) throw new InputError(source.error, source.help, diagnostics);
  if (source.position.kind !== 'workload')
    throw new InputError(`\`${name}\` is no workload`, 'give ns/name', diagnostics);
  return source.position.workload;
}
