import { type Ask, findPower } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, type Gain, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { MAKE_PODS } from '../rbac/pod-makers.ts';
import { type Holder, type Rights, rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

interface Way extends Pick<Pivot, 'id' | 'title' | 'technique'> {
  readonly asks: readonly Ask[];
  readonly so: string;
  readonly name: string;
  /** What else the same account must hold. */
  readonly holds?: (rights: Rights, grant: Grant) => Gain['holds'];
}

/** Rights over what has no namespace, each of which is enough to rule the cluster. */
function pivotOf({ asks, so, name, holds, ...pivot }: Way): Pivot {
  return {
    ...pivot,
    asks,
    *find({ mesh }) {
      const rights = rightsOf(mesh);
      for (const grant of rights.grants) {
        if (grant.namespace !== undefined || isClusterAdmin(grant)) continue;
        const granted = findPowers(grant, asks);
        if (granted.length === 0) continue;
        const rest = holds?.(rights, grant);
        const may = describePowers(granted, grant).replace(/ in every namespace$/, '');
        yield* edgesOf(rights, grant, { may, so, targets: () => tier0(name), ...(rest ? { holds: rest } : {}) });
      }
    },
  };
}

const admission = 'admissionregistration.k8s.io';
const WRITE = ['create', 'update', 'patch'];

export const editWebhooks = pivotOf({
  id: 'rbac/edit-webhooks',
  title: 'has the API server send it every object, to read and to change',
  technique: 'T1546',
  asks: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'mutatingadmissionpolicies'].map(
    (resource) => ({ group: admission, resource, verbs: WRITE }),
  ),
  so: 'a webhook sees every object, and a mutating one changes pods as it likes',
  name: 'may put webhooks before the API server',
});

export const useKubelets = pivotOf({
  id: 'rbac/use-kubelets',
  title: 'runs commands in pods through their kubelets',
  technique: 'T1609',
  asks: [{ group: '', resource: 'nodes/proxy', verbs: ['get', 'create'] }],
  so: 'a kubelet runs commands in every pod of its node',
  name: 'may run commands in every pod',
});

const certificates = 'certificates.k8s.io';
const anyGrant = (
  rights: Rights,
  { account }: Holder,
  asks: readonly Ask[],
  isEnough = (_names?: readonly string[]) => true,
) =>
  rights.grantsOf(account).some(({ rules, namespace }) =>
    asks.some((ask) => {
      const power = namespace === undefined ? findPower(rules, ask) : undefined;
      return power !== undefined && isEnough(power.names);
    }),
  );

/** Source: Kubernetes plugin/pkg/admission/certificates/approval. */
const SIGNERS = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/*'];

export const approveCertificates = pivotOf({
  id: 'rbac/approve-certificates',
  title: 'has the cluster sign it a certificate of somebody else',
  technique: 'T1649',
  asks: [{ group: certificates, resource: 'certificatesigningrequests/approval', verbs: ['update', 'patch'] }],
  so: 'it may ask for and approve certificates of any user',
  name: 'may have certificates of any user signed',
  holds: (rights) => (holder) =>
    anyGrant(rights, holder, [{ group: certificates, resource: 'certificatesigningrequests', verbs: ['create'] }]) &&
    anyGrant(rights, holder, [{ group: certificates, resource: 'signers', verbs: ['approve'] }], (names) =>
      names ? SIGNERS.some((signer) => names.includes(signer)) : true,
    ),
});

export const mountNodeDisks = pivotOf({
  id: 'rbac/mount-node-disks',
  title: 'mounts the disk of a node as a volume',
  technique: 'T1611',
  asks: [{ group: '', resource: 'persistentvolumes', verbs: ['create'] }],
  so: 'a PersistentVolume may be a folder of a node, also where pods may not mount one themselves',
  name: 'root on every node',
  holds:
    (rights) =>
    ({ account }) =>
      rights.grantsOf(account).some(({ rules }) => MAKE_PODS.some((ask) => findPower(rules, ask) !== undefined)),
});
