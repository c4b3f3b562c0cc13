import { lineStart } from '../source-text.ts';

/** What is wrong with a document and what to do about it. */
export interface Problem {
  /** In the file's text. */
  readonly offset: number;
  readonly message: string;
  readonly help: string;
}

type Explanation = Pick<Problem, 'message' | 'help'>;

const COMPLEX_KEYS = /complex keys/;

/** js-yaml's reasons, with what the grammar expects there. The first that fits. */
const EXPLANATIONS: readonly (readonly [RegExp, message: string, help: string])[] = [
  [
    /^bad indentation of a mapping entry/,
    'bad indentation: expected a key in line with those above it',
    'align it, or quote a text that holds `: `',
  ],
  [/^bad indentation of a sequence/, 'bad indentation: expected a `-` in line with those above it', 'align the `-`'],
  [/^deficient indentation/, 'bad indentation: expected the text to go on further right', 'indent the continued line'],
  [/^tab characters/, 'a tab in the indentation: expected spaces', 'replace tabs by spaces'],
  [
    /^expected ':' after a mapping key|^can not read a block mapping entry/,
    'expected `key: value`',
    'add the `:`, or quote a text that goes over several lines',
  ],
  [/^a whitespace character is expected/, 'expected a blank after the `:`', 'put a blank there, or quote the text'],
  [
    /^missed comma/,
    'expected a `,` or the closing bracket',
    'close the bracket, or quote a text that begins with a bracket',
  ],
  [
    /within a flow collection/,
    'a bracket is never closed: expected `]` or `}`',
    'close it, or quote a text that begins with a bracket',
  ],
  [/within a \w+ quoted scalar/, 'a quote is never closed', 'add the closing quote'],
  [
    /^unidentified alias/,
    'an alias (`*name`) without an anchor (`&name`) before it',
    'quote a text that begins with `*`',
  ],
  [/^name of an (alias|anchor)/, 'expected a name after `*` or `&`', 'quote a text that begins with `*` or `&`'],
  [
    /^end of the stream or a document/,
    'expected the end of the document',
    'fix the indentation, or start the next document with `---`',
  ],
  [/^nesting exceeded/, 'nested too deeply', 'look for brackets that are never closed'],
  [/^aliases exceeded|^merge keys exceeded/, 'too many aliases', 'write the values out'],
  [COMPLEX_KEYS, 'a list or mapping as a key: expected a text', 'quote a text that begins with a bracket'],
  [/^a null key/, '`null` as a key: expected a text', 'quote it'],
  [/non-printable|^null byte|valid JSON character/, 'a control character', 'remove it: manifests are text'],
  [
    /^unknown escape|^expected hexadecimal/,
    'an unknown escape in double quotes',
    'use single quotes, or double the backslash',
  ],
  [
    /^a line break is expected/,
    'expected a line break after `|` or `>`',
    'begin the text on the next line, or quote it',
  ],
];

/** `at` is where in `text` the parser gave up. */
export function explainReason(reason: string, text: string, at: number): Explanation {
  if (reason === 'duplicated mapping key') {
    const key = /^[^\s:"',{}[\]]{1,100}/.exec(text.slice(at, at + 101))?.[0];
    return {
      message: `${key ? `key \`${key}\`` : 'a key'} stands twice in one mapping: expected it once`,
      help: 'remove one: kubectl keeps the last, and so does this audit',
    };
  }
  for (const [pattern, message, help] of EXPLANATIONS) {
    if (pattern.test(reason)) return { message: `not valid YAML: ${message}`, help };
  }
  return { message: `not valid YAML: ${reason.replaceAll('`', "'")}`, help: '' };
}

const PLACEHOLDERS: readonly (readonly [RegExp, command: string])[] = [
  [/\{\{.*?(\}\}|$)/m, 'helm template … | meshproof audit -'],
  [/<%.*?%>/, '… | meshproof audit -'],
  [/\{%.*?%\}/, '… | meshproof audit -'],
  [/\$\{[A-Za-z_]\w*[^}\n]*\}/, 'envsubst < FILE | meshproof audit -'],
];

/** The patterns are not for long texts. */
const NEAR = 2000;

/**
 * A placeholder at the start of a text that some tool should have replaced. Only to be asked where there is an error or a name: other texts
 * may well hold braces.
 */
export function findTemplate(text: string): (Explanation & { readonly offset: number }) | undefined {
  if (!text.includes('{') && !text.includes('<%')) return undefined;
  const head = text.slice(0, 2 * NEAR);
  for (const [pattern, command] of PLACEHOLDERS) {
    const offset = head.search(pattern);
    if (offset !== -1) {
      return { offset, message: 'an unrendered template: expected values', help: `render it first, e.g. ${command}` };
    }
  }
  return undefined;
}

/**
 * The placeholder to blame for an error at `at`: one on that line or the line before, or a line that begins with one. Braces as a key are
 * one, and where they are the parser does not say.
 */
export function findPlaceholder(text: string, at: number, reason: string): ReturnType<typeof findTemplate> {
  const line = lineStart(text, at);
  const near = Math.max(lineStart(text, Math.max(0, line - 1)), at - NEAR);
  const lineEnd = text.indexOf('\n', at);
  const here = findTemplate(text.slice(near, lineEnd === -1 ? text.length : lineEnd));
  if (here) return { ...here, offset: near + here.offset };
  const from = text.search(COMPLEX_KEYS.test(reason) ? /\{\{/ : /^[ \t]*(\{\{|<%|\{%)/m);
  const found = from === -1 ? undefined : findTemplate(text.slice(from));
  return found && { ...found, offset: from + found.offset };
}
