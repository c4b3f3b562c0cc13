import type { Foothold } from '../foothold.ts';
import { describePowers, edgesOf, findPowers, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { holdsControlPlane } from '../rbac/places.ts';
import { MINT, rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

/** A token for the audience `istio-ca` is all that istiod asks for to sign a certificate of the account's identity. */
export const createTokens: Pivot = {
  id: 'rbac/create-tokens',
  title: 'mints a token of another service account',
  technique: 'T1528',
  asks: [MINT],
  *find({ mesh, enforcement }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      const [granted] = isClusterAdmin(grant) ? [] : findPowers(grant, [MINT]);
      if (!granted) continue;
      const may = describePowers([granted], grant);
      const { namespace } = grant;
      if (namespace === undefined && !granted.power.names) {
        const targets = () => tier0('may mint tokens of every service account');
        yield* edgesOf(rights, grant, { may, so: 'every identity of the mesh is to be had', targets });
        continue;
      }
      const accounts = rights.accountsUnder(granted.power, grant).map((account) => {
        const principal = rights.identityOf(account);
        const [holder] = enforcement.holdersOf(principal);
        return { id: account.id, principal, ...(holder ? { holder } : {}) };
      });
      const top: readonly Foothold[] =
        holdsControlPlane(mesh, namespace) && !granted.power.names
          ? tier0(`may mint tokens of the service accounts of ${namespace}`)
          : [];
      yield* edgesOf(rights, grant, {
        may,
        so: 'istiod signs a certificate of the account for whoever has its token',
        *targets({ account, place: from }) {
          yield* top;
          for (const { id, ...identity } of accounts)
            if (id !== account.id) yield { kind: 'identity', ...identity, from };
        },
      });
    }
  },
};
