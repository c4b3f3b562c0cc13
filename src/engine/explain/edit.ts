import type { Request, RequestFrom } from '../../result/request.ts';
import { INTERNAL_PEER } from '../../semantics/authz/address.ts';
import type { View } from '../../semantics/authz/view.ts';

/** What of a request a change is about. In this order one change is shown rather than another: what is asked before who asks. */
export const DIMENSIONS = [
  'method',
  'path',
  'host',
  'header',
  'token',
  'transport',
  'port',
  'sni',
  'address',
  'identity',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** One small change of a request. */
export interface Edit {
  readonly dimension: Dimension;
  /** ``method `GET` instead of `POST` ``. */
  readonly text: string;
  readonly apply: (request: Request) => Request;
  /** How rules would see it, before anything is decided. */
  readonly see: (view: View) => View;
}

const withHttp = (view: View, change: Partial<NonNullable<View['http']>>): View =>
  view.http ? { ...view, http: { ...view.http, ...change } } : view;

type Attribute = 'method' | 'path' | 'host';

/** Another method, path or host. */
export function editAttribute(name: Attribute, value: string, before: string | undefined): Edit {
  return {
    dimension: name,
    text: `${name} \`${value}\`${before === undefined ? '' : ` instead of \`${before}\``}`,
    apply: (request) => {
      const { http } = request;
      if (!http) return request;
      const tls = name === 'host' && request.tls?.sni !== undefined ? { tls: { ...request.tls, sni: value } } : {};
      return { ...request, http: { ...http, [name]: value }, ...tls };
    },
    see: (view) => withHttp(view, name === 'host' ? { authority: value } : { [name]: value }),
  };
}

/** Another header, in place of those of that name; null: none. */
export function editHeader(name: string, value: string | null): Edit {
  const change = (headers: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] => [
    ...headers.filter(([key]) => key.toLowerCase() !== name),
    ...(value === null ? [] : [[name, value] as const]),
  ];
  return {
    dimension: 'header',
    text: value === null ? `no header \`${name}\`` : `header \`${name}: ${value}\``,
    apply: (request) => {
      const { http } = request;
      if (!http) return request;
      const { headers = [], ...rest } = http;
      const pairs = change(Array.isArray(headers) ? headers : Object.entries(headers));
      return { ...request, http: pairs.length > 0 ? { ...rest, headers: pairs } : rest };
    },
    see: (view) => withHttp(view, { headers: change(view.http?.headers ?? []) }),
  };
}

/** A valid token with these claims; null: none. */
export function editToken(claims: Readonly<Record<string, unknown>> | null): Edit {
  const shown = Object.entries(claims ?? {}).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return {
    dimension: 'token',
    text: claims === null ? 'no token' : `a valid token (${shown.join(', ')})`,
    apply: ({ jwt: _, ...request }) => (claims === null ? request : { ...request, jwt: { payload: claims } }),
    see: (view) => ({ ...view, claims: claims ?? undefined }),
  };
}

/** Another port of the same destination. */
export function editPort(port: number, before: number): Edit {
  return {
    dimension: 'port',
    text: `port ${port} instead of ${before}`,
    apply: (request) => ({ ...request, to: { ...request.to, port } }),
    see: (view) => ({ ...view, port }),
  };
}

/** Another sender. */
export function editSender(from: RequestFrom, text: string, peer: View['peer']): Edit {
  return {
    dimension: 'identity',
    text,
    apply: (request) => ({ ...request, from: { ...from, ...(request.from.as ? { as: request.from.as } : {}) } }),
    see: (view) => ({ ...view, peer }),
  };
}

/** Mutual TLS in place of plaintext, or the reverse, by the same sender. */
export function editTransport(plaintext: boolean, peer: View['peer']): Edit {
  return {
    dimension: 'transport',
    text: plaintext ? 'in plaintext' : 'over mutual TLS',
    apply: (request) => {
      const { plaintext: _, ...from } = request.from;
      return { ...request, from: plaintext ? { ...from, plaintext: true } : from };
    },
    see: (view) => ({ ...view, peer: plaintext ? null : peer }),
  };
}

/** Another stated address: of the peer, or of the client behind it. */
export function editAddress(which: 'ip' | 'remoteIp', ip: string): Edit {
  return {
    dimension: 'address',
    text: which === 'ip' ? `from address ${ip}` : `for a client at ${ip}`,
    apply: (request) => ({ ...request, from: { ...request.from, [which]: ip } }),
    see(view) {
      if (which === 'remoteIp') return { ...view, remoteIp: ip };
      // Behind a tunnel it is the remote address alone.
      const sourceIp = view.sourceIp === INTERNAL_PEER ? INTERNAL_PEER : ip;
      return { ...view, sourceIp, remoteIp: view.remoteIp ?? ip };
    },
  };
}

/** Another handshake with a gateway; undefined: none, in plaintext. */
export function editHandshake(tls: Request['tls']): Edit {
  const certificate = tls?.clientCert ? ' and a client certificate' : '';
  return {
    dimension: 'sni',
    text: tls ? `TLS${tls.sni === undefined ? '' : ` with SNI \`${tls.sni}\``}${certificate}` : 'without TLS',
    apply: ({ tls: _, ...request }) => (tls ? { ...request, tls } : request),
    see: (view) => ({ ...view, sni: tls?.sni?.toLowerCase() ?? '' }),
  };
}

export function editSni(sni: string): Edit {
  return {
    dimension: 'sni',
    text: `SNI \`${sni}\``,
    apply: (request) =>
      request.to.gateway === undefined ? { ...request, sni } : { ...request, tls: { ...request.tls, sni } },
    see: (view) => ({ ...view, sni: sni.toLowerCase() }),
  };
}
