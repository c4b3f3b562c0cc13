import type { WantedFile } from '../../model/observation/wanted-file.ts';
import type { Path } from '../../model/resource.ts';
import { suggest } from '../../util/suggest.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { locationAt, sourceText } from '../source-text.ts';
import { parseYaml } from '../yaml/parse.ts';
import { findValue, readNodes } from '../yaml/positions.ts';
import { isObject } from '../../model/shape.ts';
import { listOf } from './json.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';

/** `kind: Wanted`, which `meshproof wanted --learn` writes for people to read, cut and sign. */
export const wantedFile: Form = {
  kind: 'wanted',
  isMeant: (head) =>
    /^kind: *["']?Wanted["']? *(#.*)?$/m.test(head) && /^apiVersion: *["']?meshproof\.dev\//m.test(head),
  read: readWanted,
};

const SEE = 'see docs/telemetry.md';

function readWanted(text: string, from: From): ReadForm | Broken {
  const source = sourceText(from.file, text);
  const lineOf = (offset: number): number => locationAt(source, offset).line;
  const parsed = parseYaml(source.text, { start: 0, end: source.text.length }, DEFAULT_LIMITS);
  if (parsed.problem) {
    const { offset, message, help } = parsed.problem;
    return { message, help, line: lineOf(offset) };
  }
  const problem = checkWanted(parsed.value);
  if (problem) return { ...problem.words, line: lineOf(findValue(readNodes(source.text), problem.path)) };
  const { reviewedBy, flows } = parsed.value as Written;
  const file: WantedFile = {
    kind: 'wanted',
    ...from,
    ...(reviewedBy ? { reviewedBy } : {}),
    flows: flows.map(({ from: sender, to, methods, paths }) => ({
      from: sender,
      to,
      ...(methods === undefined ? {} : { methods }),
      ...(paths === undefined ? {} : { paths }),
    })),
  };
  const unread = 'nobody has said to have read it: its flows do not count until `reviewedBy` names somebody';
  return { observations: [file], left: reviewedBy ? [] : [unread] };
}

/** The file as it is written, once it was checked: `result/wanted-file.ts` has its schema. */
interface Written {
  readonly reviewedBy?: string | null;
  readonly flows: WantedFile['flows'];
}

interface Problem {
  readonly path: Path;
  readonly words: { readonly message: string; readonly help: string };
}

const KEYS: Checks = {
  apiVersion: (value) => value === 'meshproof.dev/v1',
  kind: (value) => value === 'Wanted',
  reviewedBy: (value) => value === undefined || value === null || typeof value === 'string',
  window: (value) => value === undefined || isObject(value),
  flows: Array.isArray,
};
const FLOW_KEYS: Checks = {
  from: (value) => typeof value === 'string',
  to: (value) => typeof value === 'string',
  methods: (value) => value === undefined || isTexts(value),
  paths: (value) => value === undefined || isTexts(value),
};
const WINDOW_KEYS: Checks = {
  from: (value) => value === undefined || typeof value === 'string',
  to: (value) => value === undefined || typeof value === 'string',
  days: (value) => value === undefined || Number.isInteger(value),
};

type Checks = Readonly<Record<string, (value: unknown) => boolean>>;

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');

/** By hand: what reads manifests does not load a library for schemas. */
function checkWanted(value: unknown): Problem | undefined {
  const wrong = checkKeys(value, KEYS, []);
  if (wrong || !isObject(value)) return wrong;
  const window = value.window === undefined ? undefined : checkKeys(value.window, WINDOW_KEYS, ['window']);
  if (window) return window;
  for (const [index, flow] of listOf(value.flows).entries()) {
    const found = checkKeys(flow, FLOW_KEYS, ['flows', index]);
    if (found) return found;
  }
  return undefined;
}

function checkKeys(value: unknown, checks: Checks, path: Path): Problem | undefined {
  if (!isObject(value))
    return { path, words: { message: `\`${path.join('.') || '(document)'}\` is no mapping`, help: SEE } };
  const known = Object.keys(checks);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(checks, key)) continue;
    const near = suggest(key, known);
    const message = `\`${[...path, key].join('.')}\` is no key of a Wanted file`;
    return {
      path: [...path, key],
      words: { message, help: near ? `did you mean \`${near}\`?` : `known here: ${known.join(', ')}` },
    };
  }
  for (const [key, isGood] of Object.entries(checks)) {
    if (isGood(value[key])) continue;
    const message = `\`${[...path, key].join('.')}\` is missing or not of the right form`;
    return { path: [...path, key], words: { message, help: SEE } };
  }
  return undefined;
}
