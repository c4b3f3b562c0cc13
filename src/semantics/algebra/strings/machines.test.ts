import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../gateway/regex/regex.ts';
import { beforePort } from './before-port.ts';
import { globMachine, literally } from './glob.ts';
import { matchesWord } from './machine.ts';
import { queryParameter } from './query-parameter.ts';
import { regexMachine } from './regex-machine.ts';
import { SERVER_NAMES } from './universes.ts';

describe('machines', () => {
  it.each([
    '/v[0-9]+/.*',
    'GET|HEAD',
    'a{2,3}',
    '(?i)/API/(one|two)',
    '.*\\bfoo\\b.*',
    '[^/]+',
    '^/info$',
    '(a*)*b',
    '',
  ])('follow the regular expression %s', (pattern) => {
    const regex = compileRegex(pattern);
    if (!regex) throw new Error('no expression');
    const machine = regexMachine(regex);
    const words = [
      '',
      '/v12/a',
      '/v/a',
      'GET',
      'GETX',
      'aa',
      'aaaa',
      '/api/TWO',
      'a foo b',
      'afoob',
      'x',
      '/info',
      'aab',
    ];
    for (const word of words) expect(matchesWord(machine, word), word).toBe(regex.test(word));
  });

  it('read the first parameter of a name in the query', () => {
    const machine = queryParameter('x', globMachine([literally('1'), []]));
    const taken = ['/a?x=1', '/a?y=2&x=1&x=2', '/a?x', '/a?x=', '/?xx=2&x=1'];
    const refused = ['/a', '/x=1', '/a?x=2&x=1', '/a?xx=1', '/a?y=x=1', '/a?x=12'];
    expect(taken.filter((word) => !matchesWord(machine, word))).toEqual([]);
    expect(refused.filter((word) => matchesWord(machine, word))).toEqual([]);
  });

  it('leave the port of an authority out', () => {
    const machine = beforePort(globMachine([literally('a.b')]));
    expect(['a.b', 'a.b:80'].filter((word) => !matchesWord(machine, word))).toEqual([]);
    expect(['a.b:', 'a.b:8x', 'a.b:80:80', 'a.bc', ':80'].filter((word) => matchesWord(machine, word))).toEqual([]);
  });

  it('know server names in lower case', () => {
    expect(matchesWord(SERVER_NAMES.machine, 'app-1.example')).toBe(true);
    expect(matchesWord(SERVER_NAMES.machine, 'App.example')).toBe(false);
  });
});
