import { REDACTED } from '../../model/redacted.ts';
import { isObject } from '../../model/shape.ts';
import { redactText } from './redact-text.ts';
import { isSensitiveName } from './sensitive.ts';

/** Maps of names that objects select each other by. */
const SELECTING: ReadonlySet<string> = new Set(['labels', 'matchLabels', 'selector', 'nodeSelector', 'podSelector']);
/** Fields that hold the value of the field above them. */
const VALUE_FIELDS =
  /^(exact|prefix|suffix|regex|contains|safe_?regex|google_?re2|value|raw_?value|inline_?(string|bytes)|.*_match)$/i;
const HEADER_CONDITION = /^request\.headers\[(.+)\]$/;
const CLAIM_FREE = /^(Bearer|Basic)?\s*\*?$/i;

/** A copy without credentials. What is compared for equality stays distinct within the object. */
export function redactValue(value: unknown): unknown {
  const placeholders = new Map<string, string>();
  return walk(value, '', (secret) => {
    const known = placeholders.get(secret) ?? `${REDACTED}-${placeholders.size + 1}`;
    placeholders.set(secret, known);
    return known;
  });
}

type Placeholder = (secret: string) => string;

function walk(value: unknown, key: string, placeholder: Placeholder): unknown {
  if (typeof value === 'string') return isSensitiveName(key) && value !== '' ? REDACTED : redactText(value);
  if (Array.isArray(value)) return walkList(value, key, placeholder);
  if (!isObject(value)) return value;
  if (isSensitiveName(key) && Object.keys(value).every((field) => VALUE_FIELDS.test(field)))
    return mapStrings(value, placeholder);
  const name = value.key ?? value.name ?? value.header_name;
  const isSecret = typeof name === 'string' && isSensitiveName(name);
  const header = typeof value.key === 'string' ? HEADER_CONDITION.exec(value.key)?.[1] : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([field, entry]) => {
      if (SELECTING.has(field) || field === 'name' || field === 'key')
        return [field, typeof entry === 'string' ? redactText(entry) : entry];
      if (isSecret && VALUE_FIELDS.test(field)) return [field, mapStrings(entry, placeholder)];
      if (header !== undefined && isSensitiveName(header) && (field === 'values' || field === 'notValues'))
        return [field, mapStrings(entry, placeholder)];
      return [field, walk(entry, field, placeholder)];
    }),
  );
}

/** `--token abc` as two arguments; anything else of a list for itself. */
function walkList(values: readonly unknown[], key: string, placeholder: Placeholder): unknown[] {
  return values.map((entry, index) => {
    const flag = values[index - 1];
    const isValue = typeof flag === 'string' && flag.startsWith('-') && !flag.includes('=') && isSensitiveName(flag);
    return isValue && typeof entry === 'string' && !entry.startsWith('-') ? REDACTED : walk(entry, key, placeholder);
  });
}

function mapStrings(value: unknown, placeholder: Placeholder): unknown {
  if (typeof value === 'string') return CLAIM_FREE.test(value) ? value : placeholder(value);
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, placeholder));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, entry]) => [field, mapStrings(entry, placeholder)]));
}
