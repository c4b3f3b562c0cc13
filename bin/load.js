// Runs the bundled program with V8's compiled form of it beside, which the build leaves there: parsing a megabyte of
// source takes a third of the time that a short command takes. Node does the same by itself only from 22.1 on, and
// into a folder for everybody's files. V8 takes compiled code of its own version and flags alone, and compiles the rest.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { Script } from 'node:vm';

const COMPILED = '.compiled';
const modules = new Map();

/** The exports of a bundled CommonJS file. */
export function load(file) {
  const known = modules.get(file);
  if (known) return known.module.exports;
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`;
  const compiled = file + COMPILED;
  const script = new Script(wrapped, {
    filename: file,
    ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
  });
  const module = { exports: {} };
  modules.set(file, { module, script });
  const requireOther = createRequire(file);
  const require = (id) => (id.startsWith('.') ? load(resolve(dirname(file), id)) : requireOther(id));
  script.runInThisContext()(module.exports, require, module, file, dirname(file));
  return module.exports;
}

/** What of the files that were loaded is compiled by now, by the name of the file that keeps it. */
export function compiledCode() {
  return [...modules].map(([file, { script }]) => [file + COMPILED, script.createCachedData()]);
}
