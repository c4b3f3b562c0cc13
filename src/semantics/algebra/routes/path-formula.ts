import type { PathMatch } from '../../gateway/path-match.ts';
import { compileRegex } from '../../gateway/regex/regex.ts';
import { PATH } from '../axes.ts';
import { EVERYTHING, type Formula, literal, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { anything, type Glob, globMachine, literally } from '../strings/glob.ts';
import { beforeQuery, foldCase } from '../strings/machine.ts';
import { regexMachine } from '../strings/regex-machine.ts';

/** The paths that a route takes, by what stands before the query. */
export function pathFormula(match: PathMatch, pool: SetPool): Formula {
  const { kind, value, caseless } = match;
  if (kind === 'invalid') return NOTHING;
  if (kind === 'regex') {
    const regex = compileRegex(value);
    if (!regex) return NOTHING;
    return literal(
      PATH,
      pool.machine(JSON.stringify(['path', value]), () => beforeQuery(regexMachine(regex))),
    );
  }
  if (takesAll(match)) return EVERYTHING;
  if (!caseless) return pathsFormula([match], pool);
  const folded = globsOf({ ...match, value: value.toLowerCase() });
  const key = JSON.stringify(['caseless path', kind, value.toLowerCase()]);
  return literal(
    PATH,
    pool.machine(key, () => beforeQuery(foldCase(globMachine(folded)))),
  );
}

/** The paths that some of these matches take, none of which is an expression or ignores case. */
export function pathsFormula(matches: readonly PathMatch[], pool: SetPool): Formula {
  if (matches.some(takesAll)) return EVERYTHING;
  if (matches.length === 0) return NOTHING;
  const key = JSON.stringify(matches.map(({ kind, value }) => [kind, value]));
  return literal(
    PATH,
    pool.words(`paths ${key}`, 'before-query', () => matches.flatMap(globsOf)),
  );
}

/** Every path begins with a slash. */
const takesAll = ({ kind, value }: PathMatch): boolean => kind === 'prefix' && (value === '/' || value === '');

function globsOf({ kind, value }: PathMatch): readonly Glob[] {
  const word = literally(value);
  if (kind === 'exact') return [word];
  if (kind === 'prefix') return [[...word, ...anything()]];
  return [word, [...word, ...literally('/'), ...anything()]];
}

/** Whether some path may be taken by both; never false where one is. */
export function mayMeet(a: PathMatch, b: PathMatch): boolean {
  if (a.kind === 'invalid' || b.kind === 'invalid') return false;
  if (a.kind === 'regex' || b.kind === 'regex') return true;
  const fold = a.caseless || b.caseless ? (text: string) => text.toLowerCase() : (text: string) => text;
  const [one, two] = [fold(a.value), fold(b.value)];
  if (a.kind === 'exact') return b.kind === 'exact' ? one === two : one.startsWith(two);
  if (b.kind === 'exact') return two.startsWith(one);
  return one.startsWith(two) || two.startsWith(one);
}
