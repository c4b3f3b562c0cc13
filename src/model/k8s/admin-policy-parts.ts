import { type Infer, list, number, object, oneOf, string } from '../shape.ts';
import { labelSelector } from './label-selector.ts';

/** What the kinds of policy.networking.k8s.io share. Source: network-policy-api apis/v1alpha1/shared_types.go. */
const namespacedPod = object(
  { namespaceSelector: labelSelector, podSelector: labelSelector },
  { strict: true, required: ['podSelector'] },
);

/** The pods of a policy, or a peer of an ingress rule: exactly one of the fields. */
export const subject = object({ namespaces: labelSelector, pods: namespacedPod }, { strict: true });

export const egressPeer = object(
  {
    namespaces: labelSelector,
    pods: namespacedPod,
    nodes: labelSelector,
    networks: list(string),
    domainNames: list(string),
  },
  { strict: true },
);

/** `protocol` is TCP where it is not set. */
export const adminPort = object(
  {
    portNumber: object({ protocol: oneOf('TCP', 'UDP', 'SCTP'), port: number }, { strict: true, required: ['port'] }),
    portRange: object(
      { protocol: oneOf('TCP', 'UDP', 'SCTP'), start: number, end: number },
      { strict: true, required: ['start', 'end'] },
    ),
    namedPort: string,
  },
  { strict: true },
);

export type AdminSubject = Infer<typeof subject>;
export type AdminPeer = Infer<typeof egressPeer>;
export type AdminPort = Infer<typeof adminPort>;
