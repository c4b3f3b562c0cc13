import ipaddr from 'ipaddr.js';

export type AddressMatcher = (address: string) => boolean;

/** One `ipBlocks` value: an address or a CIDR block; undefined where istiod refuses it. IPv4 blocks never match IPv6 addresses. */
export function addressMatcher(block: string): AddressMatcher | undefined {
  const slash = block.indexOf('/');
  const text = slash < 0 ? block : block.slice(0, slash);
  if (!ipaddr.isValid(text) || (ipaddr.IPv4.isIPv4(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)))
    return undefined;
  const network = ipaddr.parse(text);
  const full = network.kind() === 'ipv4' ? 32 : 128;
  const bits = slash < 0 ? full : Number(block.slice(slash + 1));
  if (!Number.isInteger(bits) || bits < 0 || bits > full || (slash >= 0 && !/^\d+$/.test(block.slice(slash + 1))))
    return undefined;
  return (address) => {
    const parsed = parseAddress(address);
    return parsed !== undefined && parsed.kind() === network.kind() && parsed.match(network, bits);
  };
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(address) ? ipaddr.parse(address) : undefined;
}

/** The address that Envoy takes for the client from X-Forwarded-For: the last one where no hops are trusted (sidecars, reference §14). */
export function forwardedAddress(headers: readonly (readonly [string, string])[], trustedHops = 0): string | undefined {
  const addresses = headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .flatMap(([, value]) => value.split(',').map((part) => part.trim()));
  const chosen = addresses.at(-1 - trustedHops);
  return chosen !== undefined && ipaddr.isValid(chosen) ? chosen : undefined;
}
