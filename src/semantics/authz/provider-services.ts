import type { Mesh } from '../../model/inventory/types.ts';
import type { ExtensionProvider } from '../../model/mesh-config.ts';

/**
 * External authorizers whose Service does not exist refuse what they are asked about. Only an input that is said to be complete shows that a
 * Service is missing; otherwise it is taken to exist.
 *
 * Source: istio pilot/pkg/model/telemetry_logging.go (LookupCluster); recorded in conformance/vectors/external-authorizers.jsonl.
 */
export function checkProviderServices(
  providers: readonly ExtensionProvider[],
  mesh: Mesh,
): readonly ExtensionProvider[] {
  if (!mesh.scope.complete.has('all') || providers.length === 0) return providers;
  const homes = homesOfHosts(mesh);
  return providers.map((provider) => {
    if (provider.kind === 'other' || provider.problem !== undefined) return provider;
    const problem = findProblem(provider.service ?? '', homes);
    return problem === undefined ? provider : { ...provider, problem };
  });
}

/** The namespaces that have a service of a host name. */
function homesOfHosts({ services, resources }: Mesh): ReadonlyMap<string, ReadonlySet<string>> {
  const homes = new Map<string, Set<string>>();
  const add = (host: string, namespace: string): void => {
    homes.set(host, (homes.get(host) ?? new Set()).add(namespace));
  };
  for (const { name, namespace } of services) add(`${name}.${namespace}.svc.cluster.local`, namespace);
  for (const { namespace, spec } of resources.of('ServiceEntry'))
    for (const host of spec.hosts ?? []) add(host, namespace);
  return homes;
}

/** A name is `host` or `namespace/host`, and is taken as it is: a short name of a Service is none. */
function findProblem(service: string, homes: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const [namespace, host] = service.includes('/') ? service.split('/') : [undefined, service];
  const found = homes.get(host ?? '');
  if (!found || (namespace !== undefined && !found.has(namespace))) return `there is no service \`${service}\``;
  return namespace === undefined && found.size > 1 ? `service \`${service}\` is in several namespaces` : undefined;
}
