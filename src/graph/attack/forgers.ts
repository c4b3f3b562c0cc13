import { byOf } from '../../model/by.ts';
import { type Mesh, type MeshService, serviceId, type Workload } from '../../model/inventory/types.ts';
import type { JwtRule } from '../../model/istio/request-authentication.ts';
import type { By } from '../../result/location.ts';

/** What control of a workload lets forge. */
export interface Forger {
  readonly kind: 'tokens' | 'decisions';
  /** `tokens of issuer https://idp.example`, `decisions of external authorizer sso`. */
  readonly forges: string;
  /** The objects that take them: `RequestAuthentication istio-system/jwt`. */
  readonly trustedBy: readonly string[];
  /** The first of those, where it names the source. */
  readonly by: By;
}

/**
 * Workloads of the mesh that others believe: they serve the keys by which tokens are checked, or answer for an external authorizer. Keys are
 * fetched by istiod, which is why a short name means a Service beside it.
 *
 * Source: istio pilot/pkg/model/jwks_resolver.go; reference §8 (CUSTOM).
 */
export function forgersOf({ mesh }: { readonly mesh: Mesh }): ReadonlyMap<Workload, readonly Forger[]> {
  let known = KNOWN.get(mesh);
  if (!known) {
    known = findForgers(mesh);
    KNOWN.set(mesh, known);
  }
  return known;
}

const KNOWN = new WeakMap<Mesh, ReadonlyMap<Workload, readonly Forger[]>>();

interface Trust extends Omit<Forger, 'trustedBy'> {
  readonly services: readonly MeshService[];
  readonly trustedBy: string;
}

function findForgers(mesh: Mesh): ReadonlyMap<Workload, readonly Forger[]> {
  const found = new Map<Workload, Map<string, Forger>>();
  for (const { services, trustedBy, ...trust } of [...trustInKeys(mesh), ...trustInDecisions(mesh)]) {
    for (const id of services.flatMap(({ workloads }) => workloads)) {
      const workload = mesh.workloadById.get(id);
      if (!workload) continue;
      const all = found.get(workload) ?? new Map<string, Forger>();
      const before = all.get(trust.forges);
      const who = before?.trustedBy.includes(trustedBy) ? before.trustedBy : [...(before?.trustedBy ?? []), trustedBy];
      all.set(trust.forges, { ...(before ?? trust), trustedBy: who });
      found.set(workload, all);
    }
  }
  return new Map([...found].map(([workload, all]) => [workload, [...all.values()]]));
}

function* trustInKeys(mesh: Mesh): Iterable<Trust> {
  for (const policy of mesh.resources.of('RequestAuthentication')) {
    for (const [index, rule] of (policy.spec.jwtRules ?? []).entries()) {
      const [field, address] = keySource(rule);
      const host = address && hostOf(address);
      const services = host ? servicesOf(mesh, policy.cluster, host, mesh.config.rootNamespace.value) : [];
      if (services.length === 0) continue;
      const by = byOf(policy, { rule: index, clause: field, path: ['spec', 'jwtRules', index, field] });
      const forges = `tokens of issuer ${rule.issuer ?? address}`;
      yield { kind: 'tokens', forges, trustedBy: nameOf(policy), by, services };
    }
  }
}

/** Without keys of its own a rule takes those that the issuer's discovery document names. */
function keySource({
  jwks,
  jwksUri,
  jwks_uri,
  issuer,
}: JwtRule): readonly [field: string, address: string | undefined] {
  if (jwks) return ['jwks', undefined];
  if (jwksUri) return ['jwksUri', jwksUri];
  return jwks_uri ? ['jwks_uri', jwks_uri] : ['issuer', issuer];
}

function* trustInDecisions(mesh: Mesh): Iterable<Trust> {
  for (const policy of mesh.resources.of('AuthorizationPolicy')) {
    const name = policy.spec.action === 'CUSTOM' ? policy.spec.provider?.name : undefined;
    if (!name) continue;
    const config = mesh.clusterByName.get(policy.cluster)?.config ?? mesh.config;
    const provider = config.extensionProviders.value.find((each) => each.name === name && each.kind !== 'other');
    if (!provider?.service) continue;
    const [home, host = provider.service] = provider.service.includes('/') ? provider.service.split('/') : [''];
    const services = servicesOf(mesh, policy.cluster, host, home || mesh.config.rootNamespace.value);
    const by = byOf(policy, { clause: 'provider.name', path: ['spec', 'provider', 'name'] });
    const forges = `decisions of external authorizer ${name}`;
    yield { kind: 'decisions', forges, trustedBy: nameOf(policy), by, services };
  }
}

const nameOf = ({
  kind,
  namespace,
  name,
}: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}) => `${kind} ${namespace}/${name}`;

function hostOf(address: string): string | undefined {
  return /^https?:\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(address)?.[1]?.toLowerCase();
}

/** A host as istiod's own resolver reads it: `name`, `name.ns`, `name.ns.svc`, with or without the cluster's domain. */
function servicesOf(mesh: Mesh, cluster: string, host: string, home: string): readonly MeshService[] {
  const [name = '', namespace = home, svc, ...domain] = host.replace(/\.$/, '').split('.');
  const isLocal = svc === undefined || (svc === 'svc' && ['', 'cluster.local'].includes(domain.join('.')));
  const found = isLocal ? mesh.serviceById.get(serviceId(cluster, namespace, name)) : undefined;
  return found ? [found] : [];
}
