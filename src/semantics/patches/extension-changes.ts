import { byOf } from '../../model/by.ts';
import type { TrafficExtension } from '../../model/istio/traffic-extension.ts';
import type { WasmPlugin } from '../../model/istio/wasm-plugin.ts';
import type { ProxyChange } from './proxy-change.ts';

/**
 * What a WasmPlugin or TrafficExtension does at a proxy that it is attached to. Before RBAC it may rewrite what policies read; it cannot skip the
 * filters that follow. Gateways count as clients. Network plugins see no request.
 *
 * Source: istio api extensions/v1alpha1/wasm.proto, traffic_extension.proto (reference §9.1).
 */
export function extensionChange(extension: WasmPlugin | TrafficExtension, isGateway: boolean): ProxyChange | undefined {
  const { phase = 'UNSPECIFIED', match = [] } = extension.spec;
  const type =
    'wasm' in extension.spec ? extension.spec.wasm?.type : 'type' in extension.spec ? extension.spec.type : '';
  if (type === 'NETWORK') return undefined;
  const mode = isGateway ? 'CLIENT' : 'SERVER';
  const matching = match.filter(
    (entry) =>
      entry.mode === undefined ||
      entry.mode === 'UNDEFINED' ||
      entry.mode === 'CLIENT_AND_SERVER' ||
      entry.mode === mode,
  );
  if (match.length > 0 && matching.length === 0) return undefined;
  const everywhere = matching.length === 0 || matching.some(({ ports = [] }) => ports.length === 0);
  const before = phase === 'AUTHN' || phase === 'AUTHZ';
  return {
    object: extension,
    by: byOf(extension, { path: ['spec', 'phase'] }),
    text: before ? `phase ${phase}` : 'after authorization',
    effect: { kind: before ? 'rewrites' : 'rewrites-later' },
    chain: 'http',
    ports: everywhere
      ? null
      : matching.flatMap(({ ports = [] }) => ports.flatMap(({ number }) => (number === undefined ? [] : [number]))),
  };
}
