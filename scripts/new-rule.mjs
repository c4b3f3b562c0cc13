// npm run new:rule -- AREA/NAME "Title": writes the rule, its test, its fixtures and its page from scripts/rule-template/.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const templates = join(root, 'scripts/rule-template');
const [id = '', title] = process.argv.slice(2);
const [, area, name] = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/.exec(id) ?? [];
if (!name || !title) fail('usage: npm run new:rule -- area/name "Title, as a sentence about what is wrong"');

const rule = `src/rules/${area}/${name}`;
const targets = {
  'rule.ts': `${rule}.ts`,
  'rule.test.ts': `${rule}.test.ts`,
  'vulnerable.yaml': `${rule}/vulnerable.yaml`,
  'hardened.yaml': `${rule}/hardened.yaml`,
  'page.md': `docs/rules/${area}/${name}.md`,
};
const taken = Object.values(targets).find((file) => existsSync(join(root, file)));
if (taken) fail(`${taken} exists already; ids of rules are never reused`);

const values = { id, area, name, title, export: camelCase(name) };
for (const template of readdirSync(templates)) {
  const target = join(root, targets[template.replace(/\.template$/, '')]);
  const text = readFileSync(join(templates, template), 'utf8');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    text.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key]),
  );
  process.stdout.write(`${relative(root, target)}\n`);
}
process.stdout.write(`\nNow add it to src/rules/index.ts, fill in what says TODO, and run \`npm test -- ${rule}\`.\n`);

function camelCase(text) {
  return text.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
