import { INTERNAL_PEER } from './address.ts';
import type { View } from './view.ts';

/** What a request shows of what a field of a rule asks about, in words. */
export function shownValue(field: string, view: View): string {
  const name = field.replace(/^not([A-Z])/, (_, first: string) => first.toLowerCase());
  const header = /^request\.headers\[(.+)\]$/.exec(name)?.[1];
  if (header !== undefined) return headerOf(view, header);
  const claim = /^request\.auth\.claims\[(.+)\]$/.exec(name)?.[1];
  if (claim !== undefined) return claimOf(view, claim.split(']['));
  switch (name) {
    case 'principals':
    case 'namespaces':
    case 'serviceAccounts':
    case 'trustDomains':
    case 'source.principal':
    case 'source.namespace':
    case 'source.serviceAccount':
    case 'source.trustDomain':
      return view.peer ?? 'no identity';
    case 'requestPrincipals':
    case 'request.auth.principal':
      return view.claims ? `a token of ${text(view.claims.iss)}/${text(view.claims.sub)}` : 'no valid token';
    case 'request.auth.audiences':
      return claimOf(view, ['aud']);
    case 'request.auth.presenter':
      return claimOf(view, ['azp']);
    case 'ipBlocks':
    case 'source.ip':
      if (view.sourceIp === INTERNAL_PEER) return 'no address: it comes out of the tunnel of the client';
      return view.sourceIp ?? 'an address that is not stated';
    case 'remoteIpBlocks':
    case 'remote.ip':
      return view.remoteIp ?? 'an address that is not stated';
    case 'destination.ip':
      return view.destinationIp ?? 'an address that is not in the input';
    case 'ports':
    case 'destination.port':
      return `port ${view.port}`;
    case 'connection.sni':
      return view.sni === '' ? 'no SNI' : view.sni;
    case 'hosts':
      return view.http?.authority ?? 'no HTTP';
    case 'methods':
      return view.http?.method ?? 'no HTTP';
    case 'paths':
      return view.http?.path ?? 'no HTTP';
    default:
      return 'nothing of the kind';
  }
}

function headerOf({ http }: View, name: string): string {
  const wanted = name.toLowerCase();
  if (wanted === ':method') return http?.method ?? 'no HTTP';
  if (wanted === ':path') return http?.path ?? 'no HTTP';
  if (wanted === ':authority' || wanted === 'host') return http?.authority ?? 'no HTTP';
  // Credentials are not repeated, whoever typed them.
  if (wanted === 'authorization' || wanted === 'proxy-authorization' || wanted === 'cookie')
    return 'another value, or none';
  const values = (http?.headers ?? []).filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : 'no such header';
}

function claimOf({ claims }: View, path: readonly string[]): string {
  if (!claims) return 'no valid token';
  let value: unknown = claims;
  for (const step of path) {
    value =
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  return value === undefined ? 'no such claim' : text(value);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none'));
