// The yardstick of the benchmark: nothing but js-yaml over the files.
import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';

for (const file of process.argv.slice(2)) loadAll(readFileSync(file, 'utf8'));
