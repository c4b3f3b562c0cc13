import type { MutualTlsMode, PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import { hasChange } from '../versions.ts';
import { type Group, WITHOUT_IDENTITY } from './authorization.ts';

export type Mode = MutualTlsMode;

/** The mode of the policy that won its level; null where the level has none. */
export type LevelMode = Mode | null;

/** The workload-level winner. */
export interface WorkloadModes {
  readonly mode: Mode;
  readonly ports: readonly (readonly [port: number, mode: Mode])[];
}

export function workloadModes({ spec }: PeerAuthentication): WorkloadModes {
  const ports = Object.entries(spec.portLevelMtls ?? {}).map(([port, { mode = 'UNSET' }]): [number, Mode] => [
    Number(port),
    mode,
  ]);
  return { mode: modeOf({ spec }), ports: ports.sort(([a], [b]) => a - b) };
}

export const modeOf = ({ spec }: Pick<PeerAuthentication, 'spec'>): Mode => spec.mtls?.mode ?? 'UNSET';

const isOpen = (mode: Mode): boolean => mode === 'PERMISSIVE' || mode === 'DISABLE';
const isUnset = (mode: LevelMode): boolean => mode === null || mode === 'UNSET';

/** What a workload is told to look up at its ztunnel. */
export interface Attachment {
  /** The policy that denies all without identity. */
  readonly staticStrict: boolean;
  /** What became of the workload-level policy. */
  readonly portPolicy: boolean;
}

/**
 * The attach side. It and the convert side decide apart from each other, and where they disagree nothing is enforced (reference §1.6).
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/authorization.go (convertedSelectorPeerAuthentications).
 */
export function attach(mesh: LevelMode, namespace: LevelMode, workload: WorkloadModes | null): Attachment {
  const inherited = isUnset(namespace) ? mesh === 'STRICT' : namespace === 'STRICT';
  if (!workload) return { staticStrict: inherited, portPolicy: false };
  const has = (test: (mode: Mode) => boolean): boolean => workload.ports.some(([, mode]) => test(mode));
  switch (workload.mode) {
    case 'STRICT': {
      const exceptions = has(isOpen);
      return { staticStrict: !exceptions, portPolicy: exceptions };
    }
    case 'PERMISSIVE':
    case 'DISABLE':
      return { staticStrict: false, portPolicy: has((mode) => mode === 'STRICT') };
    case 'UNSET': {
      if (!inherited) return { staticStrict: false, portPolicy: has((mode) => mode === 'STRICT') };
      // Here DISABLE is not looked for: alone it stays STRICT.
      const exceptions = has((mode) => mode === 'PERMISSIVE');
      return { staticStrict: !exceptions, portPolicy: exceptions };
    }
    default:
      return workload.mode satisfies never;
  }
}

/**
 * The convert side: what istiod sends for a workload-level policy with port entries; null: nothing. It sees only namespace and mesh
 * policies without any selector, as they were when the policy was converted.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/authorization.go (convertPeerAuthentication), the precedence of its conditions included.
 */
export function convertPorts(
  { mode, ports }: WorkloadModes,
  namespace: LevelMode,
  mesh: LevelMode,
  version?: string,
): readonly Group[] | null {
  if (ports.length === 0) return null;
  const groups: Group[] = [];
  const path = ['spec', 'portLevelMtls'];
  const rules: Group['clauses'][number][] =
    mode === 'STRICT' ? [{ path: ['spec', 'mtls', 'mode'], matches: [WITHOUT_IDENTITY] }] : [];
  let exceptions = false;
  const inheritsFromMesh = isUnset(namespace) && mesh === 'STRICT';
  for (const [port, portMode] of ports) {
    const at = [...path, String(port)];
    if (portMode === 'STRICT') {
      if (mode === 'STRICT' || (mode === 'UNSET' && namespace === 'STRICT') || inheritsFromMesh) continue;
      groups.push({ clauses: [{ path: at, matches: [{ ...WITHOUT_IDENTITY, destinationPorts: [port] }] }] });
    } else if (isOpen(portMode)) {
      if (isOpen(mode)) continue;
      const parent = namespace ?? mesh;
      if (mode === 'UNSET' && parent !== 'STRICT') continue;
      exceptions = true;
      rules.push({ path: at, matches: [{ notDestinationPorts: [port] }] });
    }
  }
  if ((mode === 'STRICT' && !exceptions) || (rules.length === 0 && groups.length === 0)) return null;
  const mergesStrict = inheritsFromMesh || namespace === 'STRICT';
  if (mergesStrict && exceptions) rules.push({ path: ['spec', 'mtls', 'mode'], matches: [WITHOUT_IDENTITY] });
  // Up to 1.24 the STRICT ports stood in one group, all of which had to match (from release notes).
  const strict = hasChange('ambient-strict-ports', version) ? groups : joined(groups);
  return rules.length > 0 ? [...strict, { clauses: rules }] : strict;
}

const joined = (groups: readonly Group[]): readonly Group[] =>
  groups.length < 2 ? groups : [{ clauses: groups.flatMap(({ clauses }) => clauses) }];
