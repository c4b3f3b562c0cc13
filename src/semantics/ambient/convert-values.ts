import { parseAddress, parseCidr } from '../../util/cidr.ts';
import type { AddressMatch, ServiceAccountMatch, StringMatch } from './authorization.ts';

/**
 * Values of a policy as ztunnel gets them. There are no globs inside a value, and no expansion of trust domains.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/authorization.go (stringToMatch and what stands beside it; reference §2.9).
 */
export function stringMatch(value: string): StringMatch {
  if (value === '*') return { presence: true };
  if (value.startsWith('*')) return { suffix: value.slice(1) };
  if (value.endsWith('*')) return { prefix: value.slice(0, -1) };
  return { exact: value };
}

/** `sa` of the policy's own namespace (the root namespace for a root policy), or `ns/sa`. */
export function serviceAccountMatch(value: string, policyNamespace: string): ServiceAccountMatch {
  const slash = value.indexOf('/');
  return slash < 0
    ? { namespace: policyNamespace, serviceAccount: value }
    : { namespace: value.slice(0, slash), serviceAccount: value.slice(slash + 1) };
}

/** Undefined for what istiod drops; leading zeros are read. */
export function portNumber(value: string): number | undefined {
  return /^\d+$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined;
}

/** Undefined for what istiod drops. The zone of an IPv6 address is lost. */
export function addressMatch(text: string): AddressMatch | undefined {
  const cidr = parseCidr(text);
  return cidr && { cidr, text };
}

/** `::ffff:0:0/96` and what lies inside: IPv6 to ztunnel, whereas an IPv4 client has an IPv4 address. */
export function isMappedAddress({ cidr }: AddressMatch): boolean {
  const mapped = parseAddress('::ffff:0:0');
  return mapped !== undefined && cidr.family === 6 && cidr.prefix >= 96 && cidr.first >> 32n === mapped.value >> 32n;
}
