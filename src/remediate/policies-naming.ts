import type { Principal } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { Resources } from '../model/resources.ts';

const KNOWN = new WeakMap<Resources, ReadonlyMap<string, readonly AuthorizationPolicy[]>>();

/** Policies that write out an identity, of whatever trust domain, or its service account (`ns/name`), in input order. */
export function policiesNaming(
  resources: Resources,
  identity: Principal,
  account: string,
): readonly AuthorizationPolicy[] {
  const byName = KNOWN.get(resources) ?? indexNames(resources);
  KNOWN.set(resources, byName);
  const [, own = ''] = splitTrustDomain(identity);
  const found = [...(byName.get(own) ?? []), ...(byName.get(account) ?? [])];
  if (found.length < 2) return found;
  const named = new Set(found);
  return resources.of('AuthorizationPolicy').filter((policy) => named.has(policy));
}

function indexNames(resources: Resources): ReadonlyMap<string, readonly AuthorizationPolicy[]> {
  const byName = new Map<string, AuthorizationPolicy[]>();
  for (const policy of resources.of('AuthorizationPolicy')) {
    for (const name of new Set(namesIn(policy))) {
      const list = byName.get(name);
      if (list) list.push(policy);
      else byName.set(name, [policy]);
    }
  }
  return byName;
}

/** Principals without their trust domain, and service accounts with the namespace that a short name means. */
function* namesIn({ namespace, spec }: AuthorizationPolicy): Iterable<string> {
  for (const { from = [], when = [] } of spec.rules ?? []) {
    for (const { source } of from) {
      for (const name of [...(source?.principals ?? []), ...(source?.notPrincipals ?? [])])
        yield splitTrustDomain(name)[1];
      for (const name of [...(source?.serviceAccounts ?? []), ...(source?.notServiceAccounts ?? [])])
        yield name.includes('/') ? name : `${namespace}/${name}`;
    }
    for (const { key, values = [], notValues = [] } of when)
      if (key === 'source.principal') for (const name of [...values, ...notValues]) yield splitTrustDomain(name)[1];
  }
}

const splitTrustDomain = (name: string): readonly [string, string] => {
  const end = name.indexOf('/');
  return [name.slice(0, end), name.slice(end)];
};
