import type { Facts } from '../../graph/facts.ts';
import { namespaceKey, principal, type Principal, serviceId, type Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { policiesNaming } from '../policies-naming.ts';
import type { ClusterRoleBinding } from '../../model/k8s/cluster-role-binding.ts';
import type { RoleBinding } from '../../model/k8s/role-binding.ts';
import { attachedTo } from '../../rules/policy-reach.ts';
import { targetsOf as refsOf } from '../../semantics/policy-index.ts';
import { type Candidate, type Fix, startsOf, targetsOf } from '../candidate.ts';
import type { Change, FieldEdit } from '../../model/change/change.ts';

/**
 * Workloads that share a service account: the one that should not be let in gets its own. It is granted what the old one had, except at the
 * destinations that the paths go through; these are told as unproven.
 */
export const splitAccount: Fix = {
  id: 'split-account',
  propose(facts, { cause, hops }) {
    if (cause.kind !== 'ServiceAccount' && cause.clause !== 'serviceAccountName') return [];
    const targets = targetsOf(hops);
    return startsOf(hops)
      .filter(({ identity, name, serviceAccount }) => identity !== null && name !== serviceAccount)
      .flatMap((workload) => {
        // Among its own nobody can tell whom the account was meant for, unless somebody said so.
        const closed = targets.filter(
          (target) => target.namespace !== workload.namespace || facts.wanted.isStated(target),
        );
        return closed.length > 0 ? [splitOff(facts, workload, new Set(closed))] : [];
      });
  },
};

function splitOff(facts: Facts, workload: Workload, closed: ReadonlySet<Workload>): Candidate {
  const { mesh } = facts;
  const { cluster, namespace, serviceAccount, resource, templatePath } = workload;
  const name = freeName(facts, workload);
  const old = workload.identity ?? ('' as Principal);
  const fresh = principal(old.slice(0, old.indexOf('/')), namespace, name);
  const policies = policiesNaming(mesh.resources, old, `${namespace}/${serviceAccount}`)
    .filter((policy) => policy.cluster === cluster)
    .flatMap((policy) =>
      grantsIn(facts, policy, { old, fresh, serviceAccount: `${namespace}/${serviceAccount}`, name, workload, closed }),
    );
  const bindings = [...mesh.resources.of('RoleBinding'), ...mesh.resources.of('ClusterRoleBinding')].flatMap(
    (binding) => bindingFor(binding, namespace, serviceAccount, name),
  );
  const apart = [...closed].map(({ id }) => id).sort();
  return {
    id: `split-account ${namespace}/${serviceAccount} ${workload.id}`,
    summary: `${workload.id}: its own service account \`${name}\` in place of the shared \`${serviceAccount}\``,
    changes: [
      {
        kind: 'add',
        manifest: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
        beside: resource,
      },
      ...policies,
      ...bindings,
      {
        kind: 'edit',
        resource,
        edits: [{ op: 'set', path: [...templatePath, 'spec', 'serviceAccountName'], value: name }],
      },
    ],
    destinations: [...closed],
    senders: [workload],
    effort: 3,
    unknownCallers: [],
    unproven: apart.map((id) => `whether ${workload.id} has to get to ${id}, which it no longer does`),
    preconditions: [
      `pull secrets and cloud roles of account \`${serviceAccount}\` are given to \`${name}\` too, where it has any`,
    ],
    sideEffects: [
      'its pods restart with another identity',
      'systems outside the mesh that know it by its old account see a new one',
    ],
  };
}

function freeName({ mesh }: Facts, { cluster, namespace, name }: Workload): string {
  const taken = (candidate: string): boolean =>
    mesh.resources.find('ServiceAccount', namespace, candidate, cluster) !== undefined ||
    (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? []).some(
      ({ serviceAccount }) => serviceAccount === candidate,
    );
  const candidates = [name, `${name}-own`, `${name}-identity`];
  return candidates.find((candidate) => !taken(candidate)) ?? `${name}-identity-2`;
}

interface Split {
  readonly old: Principal;
  readonly fresh: Principal;
  /** `ns/name` of the old account, as `serviceAccounts` writes it, and the new one's name. */
  readonly serviceAccount: string;
  readonly name: string;
  readonly workload: Workload;
  readonly closed: ReadonlySet<Workload>;
}

const NAMES = ['principals', 'notPrincipals'] as const;
const ACCOUNTS = ['serviceAccounts', 'notServiceAccounts'] as const;

/** The new identity beside the old one, wherever a policy names the old one in full. */
function grantsIn(facts: Facts, policy: AuthorizationPolicy, split: Split): readonly Change[] {
  const { spec } = policy;
  const isAllow = (spec.action ?? 'ALLOW') === 'ALLOW';
  // What lets it in where it should not come is left as it is.
  if (isAllow && isAbout(facts, policy, split)) return [];
  const edits: FieldEdit[] = [];
  const add = (path: readonly (string | number)[], values: readonly string[] | undefined): void => {
    for (const value of [split.fresh, `cluster.local${split.fresh.slice(split.fresh.indexOf('/'))}`]) {
      const counterpart = value === split.fresh ? split.old : `cluster.local${split.old.slice(split.old.indexOf('/'))}`;
      if (values?.includes(counterpart) && !values.includes(value)) {
        edits.push({ op: 'append', path, value });
        return;
      }
    }
  };
  (spec.rules ?? []).forEach((rule, r) => {
    (rule.from ?? []).forEach(({ source }, f) => {
      for (const field of NAMES) add(['spec', 'rules', r, 'from', f, 'source', field], source?.[field]);
      for (const field of ACCOUNTS) {
        const [namespace, account] = split.serviceAccount.split('/');
        const values = source?.[field];
        const written = [split.serviceAccount, ...(policy.namespace === namespace ? [account] : [])].find((each) =>
          values?.includes(each ?? ''),
        );
        if (written === undefined) continue;
        const value = written.includes('/') ? `${namespace}/${split.name}` : split.name;
        edits.push({ op: 'append', path: ['spec', 'rules', r, 'from', f, 'source', field], value });
      }
    });
    (rule.when ?? []).forEach((condition, w) => {
      if (condition.key !== 'source.principal') return;
      add(['spec', 'rules', r, 'when', w, 'values'], condition.values);
      add(['spec', 'rules', r, 'when', w, 'notValues'], condition.notValues);
    });
  });
  return edits.length === 0 ? [] : [{ kind: 'edit', resource: policy, edits }];
}

/** Attached to what is closed to it, or to what it is stated not to call. */
function isAbout(facts: Facts, policy: AuthorizationPolicy, { workload, closed }: Split): boolean {
  const attached = [...attachedTo(facts, policy), ...behindServices(facts, policy)];
  if (attached.some((target) => closed.has(target))) return true;
  if (attached.length === 0) return false;
  return attached.every(
    (target) => facts.wanted.isStated(target) && !facts.wanted.to(target).some(({ from }) => from === workload.id),
  );
}

/** What stands behind the Services that a policy of a waypoint is about. */
function behindServices({ mesh }: Facts, { spec, cluster, namespace }: AuthorizationPolicy): readonly Workload[] {
  return refsOf(spec).flatMap(({ kind, name }) => {
    const service = kind === 'Service' ? mesh.serviceById.get(serviceId(cluster, namespace, name ?? '')) : undefined;
    return (service?.workloads ?? []).flatMap((id) => mesh.workloadById.get(id) ?? []);
  });
}

function bindingFor(
  binding: RoleBinding | ClusterRoleBinding,
  namespace: string,
  account: string,
  name: string,
): readonly Change[] {
  const has = (binding.spec.subjects ?? []).some(
    (subject) =>
      subject.kind === 'ServiceAccount' &&
      subject.name === account &&
      (subject.namespace ?? binding.namespace) === namespace,
  );
  if (!has) return [];
  return [
    {
      kind: 'edit',
      resource: binding,
      edits: [{ op: 'append', path: ['subjects'], value: { kind: 'ServiceAccount', name, namespace } }],
    },
  ];
}
