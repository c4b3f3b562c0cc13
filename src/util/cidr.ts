import ipaddr from 'ipaddr.js';

/** An IPv4 or IPv6 address as a number; IPv4-mapped IPv6 addresses stay IPv6. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A block of addresses. Host bits of what was written are cleared: `10.1.2.3/8` is `10.0.0.0/8`. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

const widthOf = (family: 4 | 6): 32 | 128 => (family === 4 ? 32 : 128);

/** Strict as Go's net/netip: four decimal parts without leading zeros, or IPv6, whose zone is dropped. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text))
    return { family: 4, value: toNumber(ipaddr.IPv4.parse(text).toByteArray()) };
  const zone = text.indexOf('%');
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (!bare.includes(':') || zone === text.length - 1 || !ipaddr.IPv6.isValid(bare)) return undefined;
  return { family: 6, value: toNumber(ipaddr.IPv6.parse(bare).toByteArray()) };
}

/** A block, or a single address as a block of one. Zones are not allowed in blocks. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!address) return undefined;
  const width = widthOf(address.family);
  if (slash < 0) return block(address, width);
  const bits = text.slice(slash + 1);
  if (text.includes('%') || !/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > width) return undefined;
  return block(address, Number(bits));
}

export function contains(cidr: Cidr, address: Address): boolean {
  return cidr.family === address.family && address.value >= cidr.first && address.value <= cidr.last;
}

/** How many addresses of the block none of the `holes` takes away. */
export function sizeWithout(cidr: Cidr, holes: readonly Cidr[]): bigint {
  const inside = holes
    .filter((hole) => hole.family === cidr.family && hole.last >= cidr.first && hole.first <= cidr.last)
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  let left = 0n;
  let next = cidr.first;
  for (const hole of inside) {
    if (hole.first > next) left += hole.first - next;
    if (hole.last >= next) next = hole.last + 1n;
  }
  return next > cidr.last ? left : left + (cidr.last - next + 1n);
}

function block(address: Address, prefix: number): Cidr {
  const host = BigInt(widthOf(address.family) - prefix);
  const first = (address.value >> host) << host;
  return { family: address.family, first, last: first + (1n << host) - 1n, prefix };
}

const toNumber = (bytes: readonly number[]): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** As text: dotted decimal, or the shortest IPv6 form. */
export function formatAddress({ family, value }: Address): string {
  const width = family === 4 ? 4 : 16;
  const bytes = Array.from({ length: width }, (_, i) => Number((value >> BigInt((width - 1 - i) * 8)) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
