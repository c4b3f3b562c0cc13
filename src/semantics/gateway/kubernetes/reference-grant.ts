import type { Resources } from '../../../model/resources.ts';

export interface GrantedReference {
  readonly cluster: string;
  readonly fromKind: string;
  readonly fromNamespace: string;
  readonly toKind: 'Service' | 'Secret';
  readonly toNamespace: string;
  readonly name: string;
}

/** Whether an object may name one of another namespace: its own always, others by a ReferenceGrant there (reference §8.3). */
export function isReferenceGranted(resources: Resources, reference: GrantedReference): boolean {
  const { fromKind, fromNamespace, toKind, toNamespace, name, cluster } = reference;
  if (fromNamespace === toNamespace) return true;
  return resources
    .inNamespace('ReferenceGrant', toNamespace, cluster)
    .some(
      ({ spec }) =>
        (spec.from ?? []).some(
          (from) =>
            from.group === 'gateway.networking.k8s.io' && from.kind === fromKind && from.namespace === fromNamespace,
        ) &&
        (spec.to ?? []).some(
          (to) => (to.group ?? '') === '' && to.kind === toKind && (to.name === undefined || to.name === name),
        ),
    );
}
