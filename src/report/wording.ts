import type { By, Location } from '../result/location.ts';
import type { AuditResult } from '../result/types.ts';

/** `1 workload`, `12 workloads`, `10,000 workloads`. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${number(amount)} ${amount === 1 ? singular : plural}`;
}

/** Thousands are separated, so that 10000 and 100000 are told apart. */
export function number(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `41/100 (33–52)`; the band is left out where it says nothing. */
export function figure({ value, low, high }: AuditResult['score']['configured']): string {
  const band = low === high ? '' : ` (${low}–${high})`;
  return value === null ? `N/A${band}` : `${value}/100${band}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Where objects come from that exist in a plan only. */
const PLANNED = '(planned)';

/** `file:line`, which terminals and editors open. */
export function place(location: Location): string {
  if ('file' in location && location.file === PLANNED) return PLANNED;
  return 'file' in location ? `${location.file}:${location.line}` : `${location.cluster}@${location.resourceVersion}`;
}

/** `payments/allow-everything rules[0]`, with the index as in the object itself. */
export function byName({ namespace, name, rule }: By): string {
  return `${namespacedName(namespace, name)}${rule === undefined ? '' : ` rules[${rule}]`}`;
}

export function namespacedName(namespace: string, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** `payments/allow-everything rules[0]`, `ingress/public servers[0]`: the list by the name that it has in that kind. */
export function objectName(by: By): string {
  const name = namespacedName(by.namespace, by.name);
  if (by.rule === undefined) return name;
  return `${name} ${LISTS[by.kind] ?? 'rule '}${LISTS[by.kind] ? `[${by.rule}]` : by.rule}`;
}

const LISTS: Readonly<Record<string, string>> = {
  AuthorizationPolicy: 'rules',
  RequestAuthentication: 'jwtRules',
  Gateway: 'servers',
  VirtualService: 'http',
};

/** First few of many: `a, b, c, +7 more`. */
export function fewOf(items: readonly string[], limit: number): string {
  const more = items.length - limit;
  return more > 0 ? `${items.slice(0, limit).join(', ')}, +${number(more)} more` : items.join(', ');
}

/** A name on one line: line breaks and runs of spaces become one space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
