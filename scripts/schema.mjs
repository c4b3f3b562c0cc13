// Writes the published JSON Schemas from their zod definitions. A test compares them.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

// Bundled in memory: not every Node that the project supports can run TypeScript.
const build = await rolldown({ cwd: root, input: 'src/engine/schemas.ts', platform: 'node' });
const { output } = await build.generate({ format: 'esm' });
await build.close();
const code = Buffer.from(output[0].code).toString('base64');
const { SCHEMAS } = await import(`data:text/javascript;base64,${code}`);

const files = Object.keys(SCHEMAS).map((file) => join(root, file));
for (const [file, create] of Object.entries(SCHEMAS)) writeFileSync(join(root, file), JSON.stringify(create()));
const formatter = join(root, 'node_modules/@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [formatter, 'format', '--write', ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
