import { contains, parseAddress, parseCidr } from '../../util/cidr.ts';

export type AddressMatcher = (address: string) => boolean;

/**
 * What stands for the direct peer behind a tunnel: the inner listener of a waypoint is called by Envoy itself. No block holds it. The address of
 * who opened the tunnel is told as the remote one alone.
 *
 * Source: istio pilot/pkg/xds/filters/filters.go (ConnectAuthorityFilter), pilot/pkg/security/authz/model/generator.go (srcIPGenerator); envoy
 * source/common/network/socket_impl.h (directRemoteAddress). Recorded in conformance/ways.
 */
export const INTERNAL_PEER = 'envoy://internal_client_address/';

/** One `ipBlocks` value: an address or a CIDR block; undefined where istiod refuses it. IPv4 blocks never match IPv6 addresses. */
export function addressMatcher(block: string): AddressMatcher | undefined {
  const cidr = parseCidr(block);
  return (
    cidr &&
    ((address) => {
      const parsed = parseAddress(address);
      return parsed !== undefined && contains(cidr, parsed);
    })
  );
}

/** The address that Envoy takes for the client from X-Forwarded-For: the last one where no hops are trusted (sidecars, reference §14). */
export function forwardedAddress(headers: readonly (readonly [string, string])[], trustedHops = 0): string | undefined {
  const addresses = headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .flatMap(([, value]) => value.split(',').map((part) => part.trim()));
  const chosen = addresses.at(-1 - trustedHops);
  return chosen !== undefined && parseAddress(chosen) ? chosen : undefined;
}
