import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** Builds one program of a Go module into a folder; a build that is stopped leaves no half of it there. */
export function goBuild({ module, program, from, into, flags, env = {} }) {
  if (spawnSync('go', ['version']).error)
    throw new Error(`building ${program} needs Go, and there is no \`go\` on the PATH`);
  mkdirSync(into, { recursive: true });
  const staging = join(into, `.${program}.${process.pid}`);
  const { status } = spawnSync('go', ['build', ...flags, '-o', staging, from], {
    cwd: module,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`go build of ${program} failed`);
  renameSync(staging, join(into, program));
}
