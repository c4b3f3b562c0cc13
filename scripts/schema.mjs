// Writes docs/result.schema.json from the zod definition of the result. A test compares the two.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'docs/result.schema.json');

// Bundled in memory: not every Node that the project supports can run TypeScript.
const build = await rolldown({ cwd: root, input: 'src/result/json-schema.ts', platform: 'node' });
const { output } = await build.generate({ format: 'esm' });
await build.close();
const code = Buffer.from(output[0].code).toString('base64');
const { createResultJsonSchema } = await import(`data:text/javascript;base64,${code}`);

writeFileSync(file, JSON.stringify(createResultJsonSchema()));
const formatter = join(root, 'node_modules/@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [formatter, 'format', '--write', file], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
