import { isMachine } from '../../../model/inventory/member.ts';
import type { Mesh, Workload } from '../../../model/inventory/types.ts';
import { podSpecOf } from '../pod-spec.ts';

/**
 * Whether code in the workload finds a token for the API server. The pod's own setting holds before that of the account; a token that the
 * pod asks for itself is there whatever these say, unless it is for somebody else (Istio's own is for `istio-ca`).
 *
 * Source: Kubernetes plugin/pkg/admission/serviceaccount/admission.go (shouldAutomount).
 */
export function holdsApiToken({ resources }: Mesh, workload: Workload): boolean {
  if (isMachine(workload)) return false;
  const { automountServiceAccountToken, volumes = [] } = podSpecOf(workload);
  const asked = volumes.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken: token }) => token !== undefined && token.audience === undefined),
  );
  if (asked) return true;
  if (automountServiceAccountToken !== undefined) return automountServiceAccountToken;
  const account = resources.find('ServiceAccount', workload.namespace, workload.serviceAccount, workload.cluster);
  return account?.spec.automountServiceAccountToken ?? true;
}
