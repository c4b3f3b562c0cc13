import { byOf } from '../../model/by.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { By } from '../../result/location.ts';
import type { ZtunnelPolicies } from './compile.ts';
import { modeOf } from './convert-peer-authentication.ts';
import { APPLIED_TOGETHER, findDenial } from './decide.ts';
import type { ZtunnelView } from './evaluate.ts';
import { effectiveSource, type Transport, type TransportVariant } from './peer-authentication.ts';

export interface ZtunnelMode {
  /** DISABLE is the same as PERMISSIVE: HBONE is never turned off. Where policies compete by age, the weaker. */
  readonly mode: 'STRICT' | 'PERMISSIVE';
  /** The PeerAuthentication, and the field of it, that the mode comes from; null: nothing is set. */
  readonly by: By | null;
  /** Policies compete by age, and the mode differs with who wins: which ones. */
  readonly competing?: readonly string[];
  /** Holds only so far as this does. */
  readonly assumes: readonly string[];
  /** The documentation promises another mode; one sentence that says which. */
  readonly documentedDiffers?: string;
}

/** The modes that the port has by some reading of what the input leaves open: ages of policies, and which of them istiod saw first. */
export function modesThatMayHold({ transport }: ZtunnelPolicies, port: number): ReadonlySet<ZtunnelMode['mode']> {
  return new Set([...transport.variants, ...transport.late].map((variant) => modeAt(variant, port)));
}

/** Whether a port of the workload demands a mesh identity at its ztunnel (reference §1.6, §16). */
export function effectiveZtunnelMode({ transport, observed }: ZtunnelPolicies, port: number): ZtunnelMode {
  const seen = observed?.get(port);
  if (seen) return { mode: seen, by: null, assumes: [] };
  const modes = transport.variants.map((variant) => modeAt(variant, port));
  const mode = modes.every((candidate) => candidate === 'STRICT') ? 'STRICT' : 'PERMISSIVE';
  const variant = transport.variants[modes.indexOf(mode)];
  const competing = new Set(modes).size > 1;
  const late = transport.late.some((candidate) => modeAt(candidate, port) !== mode);
  const documented = documentedMode(transport, port);
  return {
    mode,
    by: variant ? sourceOf(variant, port) : null,
    ...(competing
      ? { competing: transport.competing.flat().map((policy) => `${policy.namespace}/${policy.name}`) }
      : {}),
    assumes: late && !competing ? [APPLIED_TOGETHER] : [],
    ...(documented !== mode && !competing ? { documentedDiffers: differs(variant, mode, documented, port) } : {}),
  };
}

/** Only what PeerAuthentication does to plaintext on this port. */
function modeAt(variant: TransportVariant, port: number): 'STRICT' | 'PERMISSIVE' {
  const view: ZtunnelView = {
    principal: '',
    namespace: '',
    serviceAccount: '',
    source: undefined,
    destination: undefined,
    port,
  };
  return findDenial(variant, view) ? 'STRICT' : 'PERMISSIVE';
}

/** The levels as sidecars resolve them: equal ages by name (reference §1.1). */
export function documentedMode({ documented }: Transport, port: number): 'STRICT' | 'PERMISSIVE' {
  const [workload = null] = documented.workload;
  const entry = portEntry(workload, port);
  const source = effectiveSource({
    mesh: documented.mesh[0] ?? null,
    namespace: documented.namespace[0] ?? null,
    workload,
  });
  const mode = entry ?? (source ? modeOf(source) : 'PERMISSIVE');
  return mode === 'STRICT' ? 'STRICT' : 'PERMISSIVE';
}

function portEntry(workload: PeerAuthentication | null, port: number) {
  const mode = workload?.spec.portLevelMtls?.[String(port)]?.mode;
  return mode === 'UNSET' ? undefined : mode;
}

function sourceOf({ winners }: TransportVariant, port: number): By | null {
  if (winners.workload && portEntry(winners.workload, port)) {
    return byOf(winners.workload, { path: ['spec', 'portLevelMtls', String(port), 'mode'] });
  }
  const source = effectiveSource(winners);
  return source && byOf(source, { path: ['spec', 'mtls', 'mode'] });
}

function differs(variant: TransportVariant | undefined, mode: string, documented: string, port: number): string {
  const promise = `documented ${documented} on port ${port}, ztunnel enforces ${mode}`;
  if (variant?.neverSent) return `${promise}: istiod tells the workload to look up a policy that it never sends`;
  return mode === 'STRICT'
    ? `${promise}: a DISABLE entry alone is not honoured under an inherited STRICT`
    : `${promise}: a policy with an empty selector in the root namespace is not mesh-wide in ambient`;
}
