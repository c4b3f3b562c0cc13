import { REDACTED } from '../../model/redacted.ts';
import { isSensitiveName } from './sensitive.ts';

const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const JWT = /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g;
const SCHEME = /\b(Bearer|Basic)\s+(?!REDACTED)[\w.~+/=-]{4,}/gi;
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;
/** Tokens of well-known issuers. */
const KNOWN =
  /\b(gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{30,}|sk[-_](live|test|ant)[\w-]{16,})/g;
const VALUE = `("(?:[^"\\\\\n]|\\\\.)*"|'[^'\n]*'|[^\\s"'&,;}\\]]+)`;
/** `key: value` and `key=value`, also quoted, as in YAML, JSON, flags and queries. */
const PAIR = new RegExp(`([\\w.-]+)(["']?[ \\t]*[:=][ \\t]*)${VALUE}`, 'g');
/** `--key value`. */
const FLAG = new RegExp(`(--[\\w.-]+)([ \\t]+)(?!-)${VALUE}`, 'g');

/** A text without what looks like a credential; the names of keys and flags stay. */
export function redactText(text: string): string {
  if (text.length < 4) return text;
  return text
    .replace(PEM, REDACTED)
    .replace(JWT, REDACTED)
    .replace(SCHEME, `$1 ${REDACTED}`)
    .replace(USER_INFO, `$1${REDACTED}@`)
    .replace(KNOWN, REDACTED)
    .replace(PAIR, redactPair)
    .replace(FLAG, redactPair);
}

function redactPair(whole: string, key: string, separator: string, value: string): string {
  // One pair in another: `config: "password=x"`.
  if (!isSensitiveName(key)) return `${key}${separator}${value.replace(PAIR, redactPair)}`;
  if (isStructure(value) || isTag(separator, value) || value.includes(REDACTED)) return whole;
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${key}${separator}${quote}${REDACTED}${quote}`;
}

/** What may follow a key that holds no value of its own. */
const isStructure = (value: string): boolean => /^([[{|>&*#=].*|-|true|false|null)$/.test(value);

/** Of an image, or the port of a host. */
const isTag = (separator: string, value: string): boolean => separator === ':' && /^v?\d[\w.-]*$/.test(value);
