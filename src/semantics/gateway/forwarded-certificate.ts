import type { Workload } from '../../model/inventory/types.ts';
import type { MeshConfig } from '../../model/mesh-config.ts';
import type { ClientTls } from '../../result/request.ts';
import type { HttpRequest } from '../attempt.ts';
import type { Enforcement } from '../enforcement.ts';
import type { ServerTlsSettings } from './server.ts';

type Handling = MeshConfig['forwardClientCertDetails']['value'];
type Certificate = NonNullable<ClientTls['clientCert']>;

export const CERTIFICATE_HEADER = 'x-forwarded-client-cert';

/** What becomes of the header that a client sends, before any filter of the gateway looks. */
export type Fate = 'kept' | 'removed' | 'replaced' | 'appended';

/**
 * By the setting of the gateway, and whether the client showed a certificate. Unlike sidecars, gateways replace the header by default.
 *
 * Source: istio pilot/pkg/networking/core/gateway.go (buildGatewayConnectionManager); envoy source/common/http/conn_manager_utility.cc
 * (mutateXfccRequestHeader).
 */
export function fateOfCertificate(handling: Handling, hasCertificate: boolean): Fate {
  if (handling === 'ALWAYS_FORWARD_ONLY') return 'kept';
  if (handling === 'SANITIZE' || !hasCertificate) return 'removed';
  if (handling === 'FORWARD_ONLY') return 'kept';
  return handling === 'APPEND_FORWARD' ? 'appended' : 'replaced';
}

/** Of the mesh, or of the pods alone by their `proxy.istio.io/config`. */
export function certificateHandling(enforcement: Enforcement, gateway: Workload): Handling {
  const own = /forwardClientCertDetails["']?\s*:\s*["']?([A-Z_]+)/.exec(
    gateway.annotations['proxy.istio.io/config'] ?? '',
  )?.[1];
  return HANDLINGS.find((each) => each === own) ?? enforcement.configOf(gateway).forwardClientCertDetails.value;
}

const HANDLINGS: readonly Handling[] = [
  'SANITIZE',
  'FORWARD_ONLY',
  'APPEND_FORWARD',
  'SANITIZE_SET',
  'ALWAYS_FORWARD_ONLY',
];

/** The headers as the filters of a gateway, and all that follows, see them. */
export function withCertificate(
  enforcement: Enforcement,
  gateway: Workload,
  headers: HttpRequest['headers'],
  certificate: Certificate | undefined,
  tls: ServerTlsSettings | null,
): HttpRequest['headers'] {
  const fate = fateOfCertificate(certificateHandling(enforcement, gateway), certificate !== undefined);
  if (fate === 'kept') return headers;
  const others = headers.filter(([name]) => name.toLowerCase() !== CERTIFICATE_HEADER);
  if (fate === 'removed' || !certificate) return others;
  const sent = headers.filter(([name]) => name.toLowerCase() === CERTIFICATE_HEADER).map(([, value]) => value);
  const values = [...(fate === 'appended' ? sent : []), describe(certificate, gateway, tls)];
  return [...others, [CERTIFICATE_HEADER, values.join(',')]];
}

/** Hash and text of the certificate stand for those that nobody knows here. */
function describe({ principal, dns }: Certificate, gateway: Workload, tls: ServerTlsSettings | null): string {
  return [
    // Whose certificate of a file or secret it shows is not known.
    ...(tls?.mode === 'ISTIO_MUTUAL' && gateway.identity !== null ? [`By=spiffe://${gateway.identity}`] : []),
    `Hash=${'0'.repeat(64)}`,
    'Cert=""',
    'Subject=""',
    `URI=${principal === undefined ? '' : `spiffe://${principal.replace(/^spiffe:\/\//, '')}`}`,
    ...(dns === undefined ? [] : [`DNS=${dns}`]),
  ].join(';');
}
