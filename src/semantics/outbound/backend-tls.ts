import type { Mesh } from '../../model/inventory/types.ts';
import type { BackendTLSPolicy } from '../../model/gateway/backend-tls-policy.ts';
import type { TrafficPolicy } from '../../model/istio/destination-rule.ts';
import { compareAge } from '../gateway/age.ts';
import { serviceHost } from '../gateway/host-name.ts';
import type { PlacedPolicy } from './placed-policy.ts';

/**
 * BackendTLSPolicies by the host of the Service that they are for, as the DestinationRules that istiod makes of them: TLS without a certificate,
 * with the name that they ask for. The oldest of several counts.
 *
 * Source: istio pilot/pkg/config/kube/gateway/backend_policies.go, pilot/pkg/model/destination_rule.go (reference §1.7).
 */
export function readBackendTls(mesh: Mesh): ReadonlyMap<string, PlacedPolicy> {
  const found = new Map<string, PlacedPolicy>();
  for (const rule of [...mesh.resources.of('BackendTLSPolicy')].sort(compareAge)) {
    const tls = {
      mode: 'SIMPLE',
      ...(rule.spec.validation?.hostname ? { sni: rule.spec.validation.hostname } : {}),
    } as const;
    for (const { kind = 'Service', name = '', sectionName } of rule.spec.targetRefs ?? []) {
      const host = serviceHost(name, rule.namespace);
      if (kind !== 'Service' || found.has(host)) continue;
      const number = sectionName === undefined ? undefined : portNamed(mesh, rule, name, sectionName);
      if (sectionName !== undefined && number === undefined) continue;
      const policy: TrafficPolicy = number === undefined ? { tls } : { portLevelSettings: [{ port: { number }, tls }] };
      found.set(host, { rule, path: ['spec', 'validation'], policy });
    }
  }
  return found;
}

function portNamed(
  mesh: Mesh,
  { namespace, cluster }: BackendTLSPolicy,
  name: string,
  port: string,
): number | undefined {
  const service = mesh.services.find(
    (each) => each.cluster === cluster && each.namespace === namespace && each.name === name,
  );
  return service?.ports.find((each) => each.name === port)?.port;
}
