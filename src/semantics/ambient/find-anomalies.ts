import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { Path } from '../../model/resource.ts';
import type { Anomaly, AnomalyId } from './anomaly.ts';
import type { ZtunnelPolicies } from './compile.ts';
import { workloadModes } from './convert-peer-authentication.ts';
import { effectiveZtunnelMode, type ZtunnelMode } from './effective-mode.ts';
import { findPolicyAnomalies } from './policy-anomalies.ts';
import { trustDomainsAtZtunnel } from './versions.ts';

/** A port without an entry of its own stands for all others. */
const ANY_OTHER_PORT = 0;

/** Where this workload's ztunnel enforces something else than its policies say: material for findings. */
export function findAnomalies(compiled: ZtunnelPolicies): readonly Anomaly[] {
  const { considered, input } = compiled;
  const context = { ...input, trustDomains: trustDomainsAtZtunnel(input.version) };
  return [...considered.flatMap((policy) => findPolicyAnomalies(policy, context)), ...transportAnomalies(compiled)];
}

function transportAnomalies(compiled: ZtunnelPolicies): readonly Anomaly[] {
  const { variants, competing } = compiled.transport;
  const workloads = [...new Set(variants.flatMap(({ winners }) => winners.workload ?? []))];
  const ports = new Set(workloads.flatMap((workload) => workloadModes(workload).ports.map(([port]) => port)));
  return [ANY_OTHER_PORT, ...[...ports].sort((a, b) => a - b)].flatMap((port) => {
    const mode = effectiveZtunnelMode(compiled, port);
    const policy = subject(compiled, workloads, mode, competing);
    if (!policy) return [];
    const path: Path = port === ANY_OTHER_PORT ? ['spec'] : ['spec', 'portLevelMtls', String(port)];
    const where = port === ANY_OTHER_PORT ? {} : { port };
    const say = (id: AnomalyId, effect: Anomaly['effect'], text: string): Anomaly => ({
      id,
      effect,
      policy,
      path,
      ...where,
      text,
    });
    const found: Anomaly[] = [];
    if (mode.competing)
      found.push(
        say('competing-by-age', 'none', `which of ${mode.competing.join(', ')} is the oldest decides the mode`),
      );
    if (mode.assumes.length > 0) {
      const effect = mode.mode === 'STRICT' ? 'opens' : 'closes';
      found.push(
        say(
          'order-of-arrival',
          effect,
          `where a namespace or mesh policy reached istiod after this one, the mode is not ${mode.mode}`,
        ),
      );
    }
    if (mode.documentedDiffers)
      found.push(
        say(differenceId(compiled, mode), mode.mode === 'STRICT' ? 'closes' : 'opens', mode.documentedDiffers),
      );
    return found;
  });
}

function differenceId({ transport }: ZtunnelPolicies, { mode }: ZtunnelMode): AnomalyId {
  if (transport.variants.some(({ neverSent }) => neverSent)) return 'port-policy-never-sent';
  return mode === 'STRICT' && transport.variants.some(({ winners }) => winners.workload)
    ? 'disable-not-honoured'
    : 'empty-selector-not-mesh-wide';
}

/** The policy that a finding should name: the workload's own, else one that competes, else the mesh one that does not count. */
function subject(
  { transport }: ZtunnelPolicies,
  workloads: readonly PeerAuthentication[],
  { competing }: ZtunnelMode,
  levels: readonly (readonly PeerAuthentication[])[],
): PeerAuthentication | undefined {
  return workloads[0] ?? (competing ? levels[0]?.[0] : undefined) ?? transport.documented.mesh[0];
}
