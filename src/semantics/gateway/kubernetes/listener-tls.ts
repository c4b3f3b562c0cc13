import type { KubernetesGateway } from '../../../model/gateway/gateway.ts';
import type { GatewayListener } from '../../../model/gateway/listener.ts';
import type { ListenerSet } from '../../../model/gateway/listener-set.ts';
import type { Resources } from '../../../model/resources.ts';
import type { ServerTlsSettings, TlsMode } from '../server.ts';
import { isReferenceGranted } from './reference-grant.ts';

const TERMINATE_MODES: Readonly<Record<string, TlsMode>> = {
  MUTUAL: 'MUTUAL',
  OPTIONAL_MUTUAL: 'OPTIONAL_MUTUAL',
  ISTIO_SIMPLE: 'SIMPLE',
  ISTIO_MUTUAL: 'ISTIO_MUTUAL',
};

/**
 * What `tls` of a listener means; `invalid` where none of its certificates may be referred to.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (buildTLS), reference §8.3.
 */
export function readListenerTls(
  resources: Resources,
  gateway: KubernetesGateway,
  /** Where the listener is written. */
  holder: KubernetesGateway | ListenerSet,
  listener: GatewayListener,
): ServerTlsSettings | null | 'invalid' {
  const { tls } = listener;
  if (!tls) return null;
  const settings = { httpsRedirect: false, subjectAltNames: [], pinned: false, insecureSkipVerify: false };
  if (tls.mode === 'Passthrough') {
    return { ...settings, mode: isAutoPassthrough(holder, listener) ? 'AUTO_PASSTHROUGH' : 'PASSTHROUGH', ca: '' };
  }
  const written = tls.options?.['gateway.istio.io/tls-terminate-mode'] ?? '';
  const mode = TERMINATE_MODES[written];
  if (written === 'ISTIO_MUTUAL' || written === 'ISTIO_SIMPLE')
    return { ...settings, mode: mode ?? 'SIMPLE', ca: 'the mesh' };
  const certificates = tls.certificateRefs ?? [];
  const granted = certificates.filter(({ namespace = holder.namespace, name = '' }) =>
    isReferenceGranted(resources, {
      cluster: holder.cluster,
      fromKind: holder === gateway ? 'Gateway' : 'ListenerSet',
      fromNamespace: holder.namespace,
      toKind: 'Secret',
      toNamespace: namespace,
      name,
    }),
  );
  if (certificates.length > 0 && granted.length === 0) return 'invalid';
  const validation = frontendValidation(gateway, listener);
  const ca = `Secret ${validation?.caCertificateRefs?.[0]?.name ?? certificates[0]?.name ?? ''}`;
  // An option has the last word over the validation.
  if (mode || !validation) return { ...settings, mode: mode ?? 'SIMPLE', ca };
  const isLax = validation.mode === 'AllowInsecureFallback';
  return { ...settings, mode: isLax ? 'OPTIONAL_MUTUAL' : 'MUTUAL', insecureSkipVerify: isLax, ca };
}

/** `spec.tls.frontend` of the Gateway, by port or for all, or the older field of the listener. */
function frontendValidation({ spec }: KubernetesGateway, { port, tls }: GatewayListener) {
  const { frontend } = spec.tls ?? {};
  const ofPort = frontend?.perPort?.find((entry) => entry.port === port)?.tls?.validation;
  return ofPort ?? frontend?.default?.validation ?? tls?.frontendValidation;
}

/** A gateway to other networks is told by an option of the listener, or by its network label and the port for it. */
function isAutoPassthrough({ labels }: KubernetesGateway | ListenerSet, { port, tls }: GatewayListener): boolean {
  if (tls?.options?.['gateway.istio.io/listener-protocol'] === 'auto-passthrough') return true;
  if (labels['topology.istio.io/network'] === undefined) return false;
  return String(port) === (labels['networking.istio.io/gatewayPort'] ?? '15443');
}
