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
 * certificates, and SIMPLE never asks for one. Where certificates are not verified, neither CA nor names nor hashes are looked at, and policies
 * believe what stands in them all the same.
 *
 * Source: istio pilot/pkg/networking/core/listener.go (BuildListenerTLSContext), envoy
 * source/common/tls/cert_validator/default_validator.cc (allow_untrusted_certificate), reference §8.1, vectors, traffic.
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
  if (tls.insecureSkipVerify) {
    const text = `${mode} takes any certificate, and believes the names in it`;
    return { completes: true, peer: peerOf(certificate), certificate, requires: [], text };
  }
  if (certificate.trusted === false)
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
    peer: peerOf(certificate),
    certificate,
    requires: mode === 'OPTIONAL_MUTUAL' ? [] : [{ kind: 'client-certificate', ca }],
    text: `${mode} takes the client certificate`,
  };
}

/**
 * A certificate without SPIFFE id still counts as some principal: `principals: ["*"]` matches any name in it, and the subject where there is none.
 *
 * Source: envoy source/extensions/filters/common/rbac/matchers.cc (AuthenticatedMatcher).
 */
function peerOf({ principal, dns }: NonNullable<ClientTls['clientCert']>): Principal {
  if (principal !== undefined) return principal.replace(/^spiffe:\/\//, '') as Principal;
  return (dns === undefined ? 'subject:' : `dns:${dns}`) as Principal;
}
