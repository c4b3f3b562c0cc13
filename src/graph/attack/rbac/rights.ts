import { namespaceKey, principal, type Mesh, type Principal, type Workload } from '../../../model/inventory/types.ts';
import { groupBy } from '../../../util/group-by.ts';
import type { Foothold } from '../foothold.ts';
import { tier0Of } from '../tier0.ts';
import { type Account, accountId } from './account.ts';
import { type Ask, findPower, type Power } from './allows.ts';
import { holdsApiToken } from './api-token.ts';
import { type Grant, readGrants } from './grants.ts';
import { subjectsOf } from './subjects.ts';

/** Who may use a grant: a workload with the token of its account, or whoever got at the account from a workload. */
export interface Holder {
  readonly account: Account;
  readonly foothold: Foothold;
  /** How it comes to the account's rights, if not by running as it: `impersonated by shop/web`. */
  readonly through?: string;
  /** The place from which it is used. */
  readonly place: Workload;
}

/** Who may ask the API server for what, of the service accounts that workloads run as. */
export interface Rights {
  readonly grants: readonly Grant[];
  /** Service accounts of a namespace that workloads run as. */
  accountsIn(cluster: string, namespace: string): readonly Account[];
  /** The accounts that a power over service accounts is for; none for all of a cluster. */
  accountsUnder(power: Power, grant: Grant): readonly Account[];
  identityOf(account: Account): Principal;
  holdersOf(grant: Grant): readonly Holder[];
  grantsOf(account: Account): readonly Grant[];
}

export function rightsOf(mesh: Mesh): Rights {
  let known = KNOWN.get(mesh);
  if (!known) {
    known = makeRights(mesh);
    KNOWN.set(mesh, known);
  }
  return known;
}

const KNOWN = new WeakMap<Mesh, Rights>();

function makeRights(mesh: Mesh): Rights {
  const { byId, inNamespace } = readAccounts(mesh);
  const grants = readGrants(mesh.resources);
  const accountOf = (cluster: string, namespace: string, name: string): Account => {
    const id = accountId(cluster, namespace, name);
    return byId.get(id)?.account ?? { cluster, namespace, name, id };
  };
  const ofGrant = new Map<Grant, readonly Account[]>();
  const ofAccount = new Map<string, Grant[]>();
  for (const grant of grants) {
    const accounts = subjectsOf(grant, {
      accountOf,
      accountsIn: inNamespace,
      all: () => [...byId.values()].map(({ account }) => account),
    });
    ofGrant.set(grant, accounts);
    for (const { id } of accounts) {
      const list = ofAccount.get(id);
      if (list) list.push(grant);
      else ofAccount.set(id, [grant]);
    }
  }
  const named = groupBy(
    [...byId.values()].map(({ account }) => account),
    ({ name }) => name,
  );
  const rights = {
    grants,
    accountsIn: inNamespace,
    accountsUnder: ({ names }: Power, { cluster, namespace }: Grant): readonly Account[] => {
      if (namespace !== undefined)
        return names?.map((name) => accountOf(cluster, namespace, name)) ?? inNamespace(cluster, namespace);
      return names?.flatMap((name) => (named.get(name) ?? []).filter((each) => each.cluster === cluster)) ?? [];
    },
    identityOf: ({ cluster, namespace, name }: Account) => {
      const config = mesh.clusterByName.get(cluster)?.config ?? mesh.config;
      return principal(config.trustDomain.value, namespace, name);
    },
    grantsOf: ({ id }: Account) => ofAccount.get(id) ?? [],
  };
  let holders: ReadonlyMap<string, readonly Holder[]> | undefined;
  const found = new Map<Grant, readonly Holder[]>();
  return {
    ...rights,
    holdersOf(grant) {
      holders ??= findHolders(mesh, byId, rights);
      const known = found.get(grant) ?? (ofGrant.get(grant) ?? []).flatMap(({ id }) => holders?.get(id) ?? []);
      found.set(grant, known);
      return known;
    },
  };
}

interface Used {
  readonly account: Account;
  readonly workloads: Workload[];
}

function readAccounts(mesh: Mesh) {
  const byId = new Map<string, Used>();
  const byNamespace = new Map<string, Account[]>();
  for (const workload of mesh.workloads) {
    const { cluster, namespace, serviceAccount: name } = workload;
    const id = accountId(cluster, namespace, name);
    const used = byId.get(id);
    if (used) {
      used.workloads.push(workload);
      continue;
    }
    const account = { cluster, namespace, name, id };
    byId.set(id, { account, workloads: [workload] });
    const key = namespaceKey(cluster, namespace);
    const list = byNamespace.get(key);
    if (list) list.push(account);
    else byNamespace.set(key, [account]);
  }
  const inNamespace = (cluster: string, namespace: string): readonly Account[] =>
    byNamespace.get(namespaceKey(cluster, namespace)) ?? [];
  return { byId, inNamespace };
}

/** Of an account: a token, which is its identity too; or its rights alone. */
export const MINT: Ask = { group: '', resource: 'serviceaccounts/token', verbs: ['create'] };
export const IMPERSONATE: Ask = { group: '', resource: 'serviceaccounts', verbs: ['impersonate'] };
const STEPS = [
  [MINT, true],
  [IMPERSONATE, false],
] as const;

type Known = Pick<Rights, 'accountsUnder' | 'identityOf' | 'grantsOf'>;

/**
 * Who holds the rights of each account: the workloads that carry its token, and those that may mint one or impersonate it, at any remove.
 * Rights in the whole cluster are left out: whoever may mint any token is at the end of a path already, as is what runs in tier 0.
 */
function findHolders(
  mesh: Mesh,
  byId: ReadonlyMap<string, Used>,
  rights: Known,
): ReadonlyMap<string, readonly Holder[]> {
  const tier0 = tier0Of(mesh);
  const holders = new Map<string, Holder[]>();
  const add = (holder: Holder): void => {
    const list = holders.get(holder.account.id);
    if (list) list.push(holder);
    else holders.set(holder.account.id, [holder]);
  };
  for (const { account, workloads } of byId.values()) {
    if (rights.grantsOf(account).length === 0) continue;
    const places = workloads.filter((workload) => !tier0.has(workload) && holdsApiToken(mesh, workload));
    if (places.length === 0) continue;
    const reached = reachableAccounts(account, rights);
    for (const place of places) {
      add({ account, place, foothold: { kind: 'workload', workload: place } });
      for (const { account: other, minted, through } of reached) {
        const [holder] = byId.get(other.id)?.workloads ?? [];
        const foothold: Foothold = minted
          ? { kind: 'identity', principal: rights.identityOf(other), ...(holder ? { holder } : {}), from: place }
          : { kind: 'workload', workload: place };
        add({ account: other, place, foothold, through });
      }
    }
  }
  return holders;
}

interface Reached {
  readonly account: Account;
  /** A token of it is had; false: only its rights, by impersonation. */
  readonly minted: boolean;
  readonly through: string;
}

/** Accounts at any remove; a token of one rather than its rights alone. */
function reachableAccounts(start: Account, rights: Known): readonly Reached[] {
  const found = new Map<string, Reached>();
  const queue = [start];
  for (let account = queue.pop(); account; account = queue.pop()) {
    for (const grant of rights.grantsOf(account)) {
      for (const [ask, minted] of STEPS) {
        const power = findPower(grant.rules, ask);
        for (const other of power ? rights.accountsUnder(power, grant) : []) {
          const known = found.get(other.id);
          if (other.id === start.id || (known && (known.minted || !minted))) continue;
          const through = `${minted ? 'a token of it minted' : 'impersonated'} by ${start.id}`;
          found.set(other.id, { account: other, minted, through });
          if (!known) queue.push(other);
        }
      }
    }
  }
  return [...found.values()];
}
