import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const tools = fileURLToPath(new URL('../../../shared/tools/', import.meta.url));

/** A folder of its own for generated meshes, with the tools that make them. */
export function makeWorkshop(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `meshproof-${name}-`));
  const tool = (script: string, ...args: readonly string[]): string =>
    execFileSync(process.execPath, [join(tools, script), ...args], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
  return {
    folder,
    io: { cwd: folder, stdin: async () => Buffer.alloc(0) },
    tool,
    /** Writes the mesh, and its truth beside it as `NAME.json`; returns the name of its folder. */
    generate(seed: number, workloads: number): string {
      const mesh = `mesh-${seed}-${workloads}`;
      const size = ['--seed', String(seed), '--workloads', String(workloads)];
      tool('genmesh.mjs', ...size, '--out', mesh, '--truth', `${mesh}.json`, '--config');
      return mesh;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
