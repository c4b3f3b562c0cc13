import { readEnvoyJson, readEnvoyText } from './read-envoy.ts';
import { readZtunnel } from './read-ztunnel.ts';
import type { Seen } from './seen.ts';

/** The first line of a log that tells of a refusal, else the first that can be read at all; undefined: none can. */
export function readLog(text: string): Seen | undefined {
  let first: Seen | undefined;
  for (const line of text.split(/\r?\n/)) {
    const seen = readLine(line.trim());
    if (!seen) continue;
    if (isRefusal(seen)) return seen;
    first ??= seen;
  }
  return first;
}

function readLine(line: string): Seen | undefined {
  if (line === '') return undefined;
  const brace = line.indexOf('{');
  if (brace >= 0 && line.endsWith('}')) {
    const value = parseObject(line.slice(brace));
    if (value) return readZtunnel(value) ?? readEnvoyJson(value);
  }
  return readZtunnel(line) ?? readEnvoyText(line);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Something said no, or broke. */
function isRefusal({ code, flags, matched, error }: Seen): boolean {
  if (matched !== undefined || error !== undefined) return true;
  if (code !== undefined && code >= 400) return true;
  return code === 0 && flags !== undefined && flags !== '-';
}
