import type { SeenRequest } from '../../../model/observation/seen-request.ts';
import { readEnvoyJson, readEnvoyText } from './read-envoy.ts';
import { readZtunnel } from './read-ztunnel.ts';

/** One line of an access log: of Envoy in Istio's default text or JSON form, or of ztunnel. Undefined: something else. */
export function readLine(text: string): SeenRequest | undefined {
  const line = text.trim();
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
