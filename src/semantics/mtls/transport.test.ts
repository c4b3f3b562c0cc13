import { expect, it } from 'vitest';
import type { ChainKind } from '../../model/inventory/types.ts';
import type { Transport } from '../attempt.ts';
import type { TransportMode } from './effective-mode.ts';
import { acceptConnection, isTrusted } from './transport.ts';

/** The chain that takes HTTP and other bytes, with a star where the peer is identified; `no` where the connection is refused. */
function taken(mode: TransportMode, port: ChainKind, transport: Transport): string {
  const one = (speaksHttp: boolean): string => {
    const outcome = acceptConnection(mode, port, { transport, speaksHttp });
    return outcome.accepted ? `${outcome.chain}${outcome.identified ? '*' : ''}` : 'no';
  };
  return `${one(true)} ${one(false)}`;
}

it.each<[Transport, TransportMode, string, string, string]>([
  ['plaintext', 'STRICT', 'no no', 'no no', 'no no'],
  ['plaintext', 'PERMISSIVE', 'http no', 'tcp tcp', 'http tcp'],
  ['plaintext', 'DISABLE', 'http no', 'tcp tcp', 'http tcp'],
  ['mtls', 'STRICT', 'http* no', 'tcp* tcp*', 'http* tcp*'],
  ['mtls', 'PERMISSIVE', 'http* no', 'tcp* tcp*', 'http* tcp*'],
  ['mtls', 'DISABLE', 'no no', 'no no', 'no no'],
  ['hbone', 'STRICT', 'http* no', 'tcp* tcp*', 'http* tcp*'],
  ['hbone', 'DISABLE', 'http* no', 'tcp* tcp*', 'http* tcp*'],
  ['tls', 'STRICT', 'no no', 'no no', 'no no'],
  ['tls', 'PERMISSIVE', 'no no', 'tcp tcp', 'tcp tcp'],
  ['tls', 'DISABLE', 'no no', 'tcp tcp', 'tcp tcp'],
])('%s under %s: on an HTTP port %s, on a TCP port %s, undeclared %s', (transport, mode, http, tcp, auto) => {
  expect([taken(mode, 'http', transport), taken(mode, 'tcp', transport), taken(mode, 'auto', transport)]).toEqual([
    http,
    tcp,
    auto,
  ]);
});

it('a peer is trusted by its whole trust domain', () => {
  expect(isTrusted('cluster.local/ns/a/sa/b', ['other', 'cluster.local'])).toBe(true);
  expect(isTrusted('cluster.local.evil/ns/a/sa/b', ['cluster.local'])).toBe(false);
});

it.each<[Transport, TransportMode, ChainKind, string]>([
  ['plaintext', 'STRICT', 'tcp', 'STRICT refuses plaintext'],
  ['tls', 'STRICT', 'tcp', 'STRICT refuses TLS without a client certificate of the mesh'],
  ['tls', 'PERMISSIVE', 'http', 'the port is declared HTTP and gets TLS that is not of the mesh'],
  ['mtls', 'DISABLE', 'auto', 'DISABLE does not terminate TLS, so the handshake cannot complete'],
  ['mtls', 'STRICT', 'http', 'the port is declared HTTP and the bytes are not'],
])('%s under %s on a port that is %s: %s', (transport, mode, port, why) => {
  expect(acceptConnection(mode, port, { transport, speaksHttp: false })).toEqual({ accepted: false, why });
});
