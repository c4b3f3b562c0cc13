import { covers } from './host-name.ts';
import type { Registry, RegistryEntry } from './registry.ts';

export interface SniTarget {
  readonly entry: RegistryEntry;
  readonly port: number;
  readonly subset: string;
}

/**
 * The service that an SNI of the form `outbound_.8080_.subset_.host` names, if a server's hosts cover it. Services outside the mesh are none.
 *
 * Source: istio pilot/pkg/networking/core/gateway.go (builtAutoPassthroughFilterChains).
 */
export function serviceOfSni(
  sni: string,
  hosts: readonly string[],
  registry: Registry,
  proxyNamespace: string,
): SniTarget | undefined {
  const parts = /^outbound_\.(\d+)_\.([^_]*)_\.(.+)$/.exec(sni);
  if (!parts) return undefined;
  const [, port = '', subset = '', host = ''] = parts;
  if (!hosts.some((wide) => covers(wide, host))) return undefined;
  const entry = registry.find(host, '', proxyNamespace);
  if (!entry || entry.external) return undefined;
  const number = Number(port);
  if (!entry.ports.some((own) => own.port === number && own.transport === 'TCP')) return undefined;
  return { entry, port: number, subset };
}

export const sniOf = (host: string, port: number, subset = ''): string => `outbound_.${port}_.${subset}_.${host}`;
