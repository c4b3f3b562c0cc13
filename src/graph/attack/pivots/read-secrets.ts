import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const READ: Ask = { group: '', resource: 'secrets', verbs: ['get', 'list', 'watch'] };
/** Source: istio security/pkg/pki/ca/ca.go (CASecret, CACertsSecret). */
const CA_SECRETS = ['istio-ca-secret', 'cacerts'];

/**
 * What a Secret holds is not read, so that only those count of which it is known: the key of the CA. Tokens of service accounts have stood in
 * Secrets on request only since Kubernetes 1.24.
 */
export const readSecrets: Pivot = {
  id: 'rbac/read-secrets',
  title: 'reads Secrets through the API server',
  technique: 'T1552.007',
  asks: [READ],
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    const root = mesh.config.rootNamespace.value;
    for (const grant of rights.grants) {
      const [granted] = isClusterAdmin(grant) ? [] : findPowers(grant, [READ]);
      if (!granted) continue;
      const { names } = granted.power;
      const may = describePowers([granted], grant);
      if (grant.namespace === undefined && !names) {
        const targets = () => tier0('may read every Secret');
        yield* edgesOf(rights, grant, { may, so: 'among them are the keys of CA and gateways', targets });
      } else if (grant.namespace === root || grant.namespace === undefined) {
        const found = CA_SECRETS.filter((name) => !names || names.includes(name));
        if (found.length === 0) continue;
        yield* edgesOf(rights, grant, {
          may,
          so: 'the key of the mesh CA is among them, which signs every identity',
          assumes: [`the key of the CA is in Secret ${found.map((name) => `${root}/${name}`).join(' or ')}`],
          targets: () => tier0('may read the key of the mesh CA'),
        });
      }
    }
  },
};
