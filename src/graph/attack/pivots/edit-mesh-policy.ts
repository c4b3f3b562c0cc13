import type { Facts } from '../../facts.ts';
import type { Foothold } from '../foothold.ts';
import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, type Gain, type Granted, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { controlOf, podsUnder } from '../rbac/places.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot, PivotEdge } from './pivot.ts';

const WRITE = ['create', 'update', 'patch'];
const of = (group: string, verbs: readonly string[], ...resources: readonly string[]): readonly Ask[] =>
  resources.map((resource) => ({ group, resource, verbs }));

/** Code of the attacker's choice in the proxy, which holds the identity. */
const CODE: readonly Ask[] = [
  ...of('networking.istio.io', WRITE, 'envoyfilters'),
  ...of('extensions.istio.io', WRITE, 'wasmplugins', 'trafficextensions'),
];
/** Who may call. */
const RULES: readonly Ask[] = of('security.istio.io', [...WRITE, 'delete'], 'authorizationpolicies');
/** Which certificates and tokens count, and where requests go. */
const TRUST: readonly Ask[] = [
  ...of('security.istio.io', [...WRITE, 'delete'], 'peerauthentications', 'requestauthentications'),
  ...of('networking.istio.io', WRITE, 'virtualservices', 'destinationrules', 'serviceentries', 'gateways'),
];

export const runInProxies: Pivot = {
  id: 'rbac/run-in-proxies',
  title: 'puts code of its own into the proxies of others',
  technique: 'T1505',
  asks: CODE,
  find: (facts) =>
    findIn(facts, CODE, (granted, grant) => ({
      may: describePowers(granted, grant),
      so: 'the proxies there run what it says, with their identities',
      targets: listOf(
        podsUnder(facts.mesh, grant)
          .filter(({ dataPlane }) => dataPlane.kind === 'sidecar' || dataPlane.kind === 'gateway')
          .map((workload) => controlOf(facts.mesh, workload)),
      ),
    })),
};

export const editAuthorization: Pivot = {
  id: 'rbac/edit-authorization',
  title: 'writes itself a rule that lets it in',
  technique: 'T1562.007',
  asks: RULES,
  find: (facts) =>
    findIn(facts, RULES, (granted, grant) => ({
      may: describePowers(granted, grant),
      so: 'it may let itself in wherever authorization policies of the namespace decide',
      gives: 'reach',
      targets: listOf(
        podsUnder(facts.mesh, grant)
          .filter(({ dataPlane }) => dataPlane.kind !== 'none')
          .map((workload) => controlOf(facts.mesh, workload)),
      ),
    })),
};

/** In the root namespace or everywhere, each of the kinds governs the whole mesh. */
export const editMeshPolicy: Pivot = {
  id: 'rbac/edit-mesh-policy',
  title: 'changes what the whole mesh enforces',
  technique: 'T1562.001',
  asks: [...CODE, ...RULES, ...TRUST],
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      if (isClusterAdmin(grant) || !isMeshWide(mesh, grant)) continue;
      const granted = findPowers(grant, [...CODE, ...RULES, ...TRUST]).filter(({ power }) => !power.names);
      if (granted.length === 0) continue;
      yield* edgesOf(rights, grant, {
        may: describePowers(granted, grant),
        so: 'that governs the whole mesh',
        targets: () => tier0('may change what the whole mesh enforces'),
      });
    }
  },
};

const listOf = (footholds: readonly Foothold[]) => () => footholds;

const isMeshWide = ({ config }: Facts['mesh'], { namespace }: Grant): boolean =>
  namespace === undefined || namespace === config.rootNamespace.value;

function* findIn(
  { mesh }: Facts,
  asks: readonly Ask[],
  gainOf: (granted: readonly Granted[], grant: Grant) => Gain,
): Generator<PivotEdge> {
  const rights = rightsOf(mesh);
  for (const grant of rights.grants) {
    if (isMeshWide(mesh, grant)) continue;
    // An object of a given name may be without weight; to make new ones, or change any, is not.
    const granted = findPowers(grant, asks).filter(({ power }) => !power.names);
    if (granted.length > 0) yield* edgesOf(rights, grant, gainOf(granted, grant));
  }
}
