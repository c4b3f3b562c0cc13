// What may come in: exact versions, no install scripts, and licences that can be shipped with Apache-2.0.
import { readFileSync } from 'node:fs';

const LICENCES = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'PSF-2.0',
  'CC0-1.0',
  'Unlicense',
];
/** Tools that are used here and not shipped. */
const TOOLS = {
  'node_modules/lightningcss': 'MPL-2.0',
  'node_modules/axe-core': 'MPL-2.0',
  'node_modules/caniuse-lite': 'CC-BY-4.0',
};

const readJson = (file) => JSON.parse(readFileSync(new URL(file, new URL('../', import.meta.url)), 'utf8'));
const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = readJson('package.json');
const { packages } = readJson('package-lock.json');
const problems = [];

for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) problems.push(`${name}: version ${version} is not exact`);
}
for (const [path, { license = 'none', hasInstallScript, optional }] of Object.entries(packages)) {
  if (path === '') continue;
  if (hasInstallScript && !optional) problems.push(`${path}: has an install script`);
  const isTool = Object.entries(TOOLS).some(([tool, licence]) => path.startsWith(tool) && license === licence);
  if (
    !isTool &&
    !license
      .replace(/[()]/g, '')
      .split(' OR ')
      .some((one) => LICENCES.includes(one))
  ) {
    problems.push(`${path}: licence ${license} is not on the list`);
  }
}
if (Object.keys(dependencies).length > 0)
  problems.push('dependencies: bundle them (ADR 0001), list them as devDependencies');

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
