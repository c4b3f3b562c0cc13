import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { WorkloadId } from '../../model/inventory/types.ts';
import type { Containment } from '../../result/containment.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { unknownName } from '../explain/name-in-mesh.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { contain } from './contain.ts';
import { fileOf } from './describe-objects.ts';

export interface ContainAsk {
  readonly workload: string;
  readonly keepDns: boolean;
  readonly out?: string;
}

/** Quarantines a workload on the model. Throws an InputError that says what was meant if there is no such workload. */
export async function runContain(
  inputs: readonly InputSpec[],
  { workload: name, keepDns, out }: ContainAsk,
  options: InputOptions,
  io: CollectIo,
): Promise<{ readonly containment: Containment; readonly diagnostics: readonly Diagnostic[] }> {
  const { mesh, stated, rebuild, diagnostics } = await readInput(inputs, options, io);
  const workload = mesh.workloadById.get(name as WorkloadId);
  if (!workload) {
    const { error, help } = unknownName(
      'workload',
      name,
      mesh.workloads.map(({ id }) => id),
    );
    throw new InputError(error, help, diagnostics);
  }
  const containment = contain(new Enforcement(mesh), workload, { stated, rebuild, keepDns });
  if (out === undefined) return { containment, diagnostics };
  return {
    containment: { ...containment, out: { folder: out, files: writeOut(containment, out, io.cwd) } },
    diagnostics,
  };
}

/** New and edited objects to apply, the former ones under `rollback/`, and the commands of both ways. */
function writeOut({ objects, apply, rollback }: Containment, folder: string, cwd: string): string[] {
  const full = path.resolve(cwd, folder);
  if (existsSync(full) && readdirSync(full).length > 0)
    throw new InputError(`\`${folder}\` is not empty`, 'name a folder that is empty or does not exist yet');
  mkdirSync(full, { recursive: true });
  const files: string[] = [];
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(full, name)), { recursive: true });
    writeFileSync(path.join(full, name), text, { flag: 'wx' });
    files.push(name);
  };
  for (const [index, object] of objects.entries()) {
    if (object.how !== 'removed') write(fileOf(object, index), object.manifest);
    if (object.before !== undefined) write(path.join('rollback', fileOf(object, index)), object.before);
  }
  const script = (lines: readonly string[]): string =>
    ['#!/bin/sh', 'cd "$(dirname "$0")" || exit 1', ...lines, ''].join('\n');
  write('apply.sh', script(apply));
  write('rollback.sh', script(rollback));
  return files;
}
