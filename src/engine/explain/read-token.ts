import type { WorkloadId } from '../../model/inventory/types.ts';
import type { Token } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { JwtProvider } from '../../semantics/jwt/authenticate.ts';
import { findServices, type Unresolved } from '../../semantics/resolve-request.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Target } from './read-target.ts';

/** `--claim name=value`, repeated for lists; `name[inner]=value` for nested claims; `any` alone: a token that the destination accepts. */
export function readToken(
  enforcement: Enforcement,
  target: Target,
  written: readonly string[],
): Token | undefined | Unresolved {
  if (written.length === 0) return undefined;
  const payload: Record<string, unknown> = {};
  for (const text of written) {
    if (text === 'any') {
      const [provider] = providersAt(enforcement, target);
      if (!provider)
        return {
          error: `no RequestAuthentication applies to \`${nameOf(target)}\`, so that no token is looked at there`,
          help: 'leave `--claim any` out, or state the claims: --claim iss=https://issuer.example',
        };
      Object.assign(payload, acceptedBy(provider, payload));
      continue;
    }
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      return { error: `\`${text}\` is no claim`, help: 'give it as name=value: --claim iss=https://issuer.example' };
    setClaim(payload, pathOf(name), value);
  }
  return { payload };
}

/** Claims by which a rule of a RequestAuthentication takes a token, added to those that are there. */
export function acceptedBy({ rule }: JwtProvider, claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const audience = rule.audiences?.[0];
  return {
    ...(rule.issuer ? { iss: rule.issuer } : {}),
    ...(claims.sub === undefined ? { sub: 'someone' } : {}),
    ...(audience !== undefined && claims.aud === undefined ? { aud: audience } : {}),
  };
}

/** What validates tokens at the destination. */
function providersAt(enforcement: Enforcement, { to, workload }: Target): readonly JwtProvider[] {
  const { mesh } = enforcement;
  const service = to.service === undefined ? undefined : findServices(mesh, to.service)[0];
  const behind = workload ?? (service?.workloads[0] && mesh.workloadById.get(service.workloads[0] as WorkloadId));
  if (!behind) return [];
  const waypoint = behind.dataPlane.kind === 'ambient' ? waypointOf(enforcement, service ?? behind) : undefined;
  if (waypoint) {
    const port = service?.ports.find((each) => each.port === to.port);
    const via = service && port ? { via: { service, port } } : {};
    return waypointPolicies(enforcement, { destination: { workload: behind, port: to.port, ...via } }, waypoint)
      .providers;
  }
  return behind.dataPlane.kind === 'ambient' ? [] : enforcement.envoy(behind).providers;
}

const nameOf = ({ to }: Target): string => to.workload ?? to.service ?? to.gateway ?? '';

const pathOf = (name: string): readonly string[] => name.replace(/\]$/, '').split(/\]?\[/);

/** Said again, a claim becomes a list. */
function setClaim(claims: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: string): void {
  const present = claims[step];
  if (rest.length > 0) {
    const inner = typeof present === 'object' && present !== null && !Array.isArray(present) ? { ...present } : {};
    claims[step] = inner;
    setClaim(inner as Record<string, unknown>, rest, value);
  } else if (present === undefined) claims[step] = value;
  else claims[step] = [...(Array.isArray(present) ? present : [present]), value];
}
