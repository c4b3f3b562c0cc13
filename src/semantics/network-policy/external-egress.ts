import { adminExternalEgress } from './admin-external-egress.ts';
import type { CompiledPort } from './compile.ts';
import { addressesOf, type ExternalEgress, holesOf } from './external-holes.ts';
import type { NetworkPod } from './peer.ts';
import { type NetworkPolicyIndex, selectPolicies } from './policy-index.ts';

/**
 * Does some egress policy restrict this workload's traffic to addresses outside the cluster? A block that leaves at least a quarter
 * of all addresses open counts as anywhere: a list of exceptions does not keep an attacker from a server elsewhere.
 */
export function egressAllowsAnywhere(
  index: NetworkPolicyIndex,
  workload: Pick<NetworkPod, 'cluster' | 'namespace' | 'labels' | 'hostNetwork'>,
): ExternalEgress {
  const policies = selectPolicies(index, workload).egress;
  const tiers = index.admin.get(workload.cluster);
  const byAdmin = tiers && adminExternalEgress(tiers, workload, policies);
  if (byAdmin) return byAdmin;
  if (policies.length === 0) return { restricted: false, by: [], holes: [], anywhere: 'all-ports' };
  const holes: string[] = [];
  let anywhere: ExternalEgress['anywhere'] = 'no';
  for (const compiled of policies) {
    holes.push(...holesOf(compiled));
    for (const rule of compiled.egress ?? []) {
      for (const { isAnywhere } of addressesOf(rule)) {
        if (!isAnywhere) continue;
        if (coversAllTcp(rule.ports)) anywhere = 'all-ports';
        else if (anywhere === 'no') anywhere = 'some-ports';
      }
    }
  }
  return { restricted: anywhere !== 'all-ports', by: policies.map(({ policy }) => policy), holes, anywhere };
}

function coversAllTcp(ports: readonly CompiledPort[] | null): boolean {
  if (!ports) return true;
  return ports.some(
    (port) =>
      port.transport === 'TCP' &&
      (port.kind === 'all' || (port.kind === 'range' && port.first <= 1 && port.last >= 65535)),
  );
}
