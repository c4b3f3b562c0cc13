import type { WorkloadPort } from '../../model/inventory/types.ts';
import { PROXY_PORTS } from '../../semantics/capture.ts';

const NAME =
  /(^|-)(metrics|prom|prometheus|health|healthz|healthcheck|livez|liveness|readyz|readiness|probe|status)(-|$)/;

/** Whether a port serves nothing but metrics or health, by its name: whoever reaches only that controls nothing (design §9). */
export function isObservability({ port, name, services }: WorkloadPort): boolean {
  if (PROXY_PORTS.includes(port)) return true;
  const names = [name, ...services.map((service) => service.name)].filter((word) => word !== undefined);
  return names.length > 0 && names.every((word) => NAME.test(word));
}
