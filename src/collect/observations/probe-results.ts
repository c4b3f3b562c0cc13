import type { ProbeResult } from '../../model/observation/probe-result.ts';
import type { Request } from '../../result/request.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';
import { isObject } from '../../model/shape.ts';
import { textOf } from './json.ts';

/** Results of live policy tests: one JSON object of `kind: ProbeResult` per line, as `test --live` and its script write them. */
export const probeResults: Form = {
  kind: 'probe-results',
  isMeant: (head) => /^\s*\{[^\n]*"kind":\s*"ProbeResult"/.test(head),
  read: readProbeResults,
};

function readProbeResults(text: string, from: From): ReadForm | Broken {
  const observations: ProbeResult[] = [];
  const left: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const result = readLine(line, from);
    if (typeof result === 'string') left.push(`line ${index + 1} is left out: ${result}`);
    else observations.push(result);
  }
  if (observations.length === 0)
    return { message: 'no line is a whole ProbeResult', help: 'run the probes again: `meshproof test --live`' };
  return { observations, left };
}

const CLIENTS: readonly string[] = [
  'curl',
  'wget',
  'python3',
  'node',
  'bash',
  'none',
  'failed',
] satisfies readonly ProbeResult['client'][];

/** The result; or in words what is wrong with it. A script that is stopped leaves half a line. */
function readLine(line: string, { file, cluster, at }: From): ProbeResult | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'no JSON, or cut off';
  }
  if (!isObject(value) || value.kind !== 'ProbeResult') return 'no ProbeResult';
  if (value.apiVersion !== 'meshproof.dev/v1') return 'expected apiVersion meshproof.dev/v1';
  const { id, expect, control, request, client, exit, code, bytes } = value;
  const isRequest = isObject(request) && isObject(request.from) && isObject(request.to);
  if (typeof id !== 'number' || !isRequest) return 'it does not say what was sent';
  if (expect !== 'allow' && expect !== 'deny') return '`expect` is allow or deny';
  if (typeof client !== 'string' || !CLIENTS.includes(client)) return `\`client\` is one of ${CLIENTS.join(', ')}`;
  const seen = textOf(value.at) ?? at;
  if (seen === undefined || Number.isNaN(Date.parse(seen))) return '`at` is no date';
  const server = textOf(value.server) || undefined;
  const said = textOf(value.said) || undefined;
  return {
    kind: 'probe-result',
    file,
    cluster,
    at: new Date(seen).toISOString(),
    id,
    suite: textOf(value.suite) ?? '',
    name: textOf(value.name) ?? '',
    expect,
    ...(typeof control === 'number' ? { control } : {}),
    // Its names are looked up where it is decided; what is not understood there is said there.
    request: request as unknown as Request,
    pod: textOf(value.pod) ?? '',
    client: client as ProbeResult['client'],
    exit: numberOf(exit),
    code: numberOf(code),
    ...(server === undefined ? {} : { server }),
    ...(said === undefined ? {} : { said }),
    bytes: numberOf(bytes),
  };
}

const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
