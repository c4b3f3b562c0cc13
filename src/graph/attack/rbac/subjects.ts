import type { Account } from './account.ts';
import type { Grant } from './grants.ts';

interface Known {
  readonly accountOf: (cluster: string, namespace: string, name: string) => Account;
  readonly accountsIn: (cluster: string, namespace: string) => readonly Account[];
  readonly all: () => readonly Account[];
}

const USER = /^system:serviceaccount:([^:]+):([^:]+)$/;
const ACCOUNTS_OF = 'system:serviceaccounts:';
/** Groups that every service account is in; what even anonymous requests may do, they may too. */
const EVERYBODY: ReadonlySet<string> = new Set([
  'system:serviceaccounts',
  'system:authenticated',
  'system:unauthenticated',
]);

/**
 * The service accounts that a grant is for, of those that workloads run as or that it names. People and other users are not of interest.
 *
 * Source: Kubernetes pkg/registry/rbac/validation/rule.go (appliesToUser); staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go.
 */
export function subjectsOf(
  { subjects, cluster, binding }: Grant,
  { accountOf, accountsIn, all }: Known,
): readonly Account[] {
  const found = new Map<string, Account>();
  const add = (account: Account): void => void found.set(account.id, account);
  for (const { kind, name = '', namespace } of subjects) {
    if (kind === 'ServiceAccount') {
      // A RoleBinding that names no namespace is refused by the API server; Helm and kustomize fill in that of the binding.
      const home = namespace || binding.namespace;
      if (home) add(accountOf(cluster, home, name));
    } else if (kind === 'User') {
      const [, home, account] = USER.exec(name) ?? [];
      if (home && account) add(accountOf(cluster, home, account));
    } else if (kind === 'Group') {
      if (EVERYBODY.has(name)) for (const account of all()) if (account.cluster === cluster) add(account);
      if (name.startsWith(ACCOUNTS_OF)) accountsIn(cluster, name.slice(ACCOUNTS_OF.length)).forEach(add);
    }
  }
  return [...found.values()];
}
