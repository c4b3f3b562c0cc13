import type { Principal } from '../../model/inventory/types.ts';
import type { ClientTls } from '../../result/request.ts';
import type { Requirement } from '../verdict.ts';
import type { ServerTlsSettings } from './server.ts';

export type HandshakeOutcome =
  | {
      readonly completes: true;
      readonly peer: Principal | null;
      readonly certificate?: ClientTls['clientCert'];
      readonly requires: readonly Requirement[];
      readonly text: string;
    }
  | { readonly completes: false; readonly why: string };

/**
 * The client's side of a TLS handshake with a server of a gateway. Unlike a sidecar, a gateway does not look at the trust domain of client
 * certificates, and SIMPLE never asks for one.
 *
 * Source: istio pilot/pkg/networking/core/listener.go (BuildListenerTLSContext), reference §8.1, vectors.
 */
export function shakeHands(tls: ServerTlsSettings, client: ClientTls): HandshakeOutcome {
  const { mode } = tls;
  if (mode !== 'MUTUAL' && mode !== 'ISTIO_MUTUAL' && mode !== 'OPTIONAL_MUTUAL') {
    return { completes: true, peer: null, requires: [], text: `${mode} asks for no client certificate` };
  }
  const certificate = client.clientCert;
  if (!certificate) {
    if (mode === 'OPTIONAL_MUTUAL')
      return { completes: true, peer: null, requires: [], text: 'OPTIONAL_MUTUAL takes clients without certificate' };
    return { completes: false, why: `${mode} demands a client certificate` };
  }
  const trusted = certificate.trusted !== false;
  if (!trusted && !tls.insecureSkipVerify)
    return { completes: false, why: `the client certificate is not of a CA that ${mode} trusts` };
  const names = [
    ...(certificate.principal === undefined ? [] : [`spiffe://${certificate.principal.replace(/^spiffe:\/\//, '')}`]),
    ...(certificate.dns === undefined ? [] : [certificate.dns]),
  ];
  const wanted = tls.subjectAltNames;
  if (wanted.length > 0 && !names.some((name) => wanted.includes(name))) {
    return { completes: false, why: `the client certificate has none of the names ${wanted.join(', ')}` };
  }
  const ca = tls.pinned ? `${tls.ca}, with a certificate of a stated hash` : tls.ca;
  return {
    completes: true,
    peer: trusted ? peerOf(certificate) : null,
    certificate,
    requires: mode === 'OPTIONAL_MUTUAL' ? [] : [{ kind: 'client-certificate', ca }],
    text: `${mode} takes the client certificate`,
  };
}

/** A certificate without SPIFFE id still counts as some principal: `principals: ["*"]` matches any name in it. */
function peerOf({ principal, dns }: NonNullable<ClientTls['clientCert']>): Principal | null {
  if (principal !== undefined) return principal.replace(/^spiffe:\/\//, '') as Principal;
  return dns === undefined ? null : (`dns:${dns}` as Principal);
}
