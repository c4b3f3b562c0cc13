import { defineKind, type ResourceOf } from '../kind.ts';
import { entries, type Infer, intOrString, list, number, object, oneOf, string } from '../shape.ts';
import { labelSelector } from './label-selector.ts';

const peer = object(
  {
    podSelector: labelSelector,
    namespaceSelector: labelSelector,
    ipBlock: object({ cidr: string, except: list(string) }, { strict: true }),
  },
  { strict: true },
);

/** `port` is the pod's own port, by number or name; absent: all ports of the protocol. */
const port = object({ protocol: oneOf('TCP', 'UDP', 'SCTP'), port: intOrString, endPort: number }, { strict: true });

const ingressRule = object({ from: entries(peer), ports: entries(port) }, { strict: true });
const egressRule = object({ to: entries(peer), ports: entries(port) }, { strict: true });

export const networkPolicy = defineKind({
  name: 'NetworkPolicy',
  kind: 'NetworkPolicy',
  group: 'networking.k8s.io',
  versions: ['v1'],
  scope: 'Namespaced',
  decisive: true,
  shape: object(
    {
      podSelector: labelSelector,
      policyTypes: list(oneOf('Ingress', 'Egress')),
      ingress: entries(ingressRule),
      egress: entries(egressRule),
    },
    { strict: true },
  ),
});

export type NetworkPolicy = ResourceOf<typeof networkPolicy>;
export type NetworkPolicyPeer = Infer<typeof peer>;
export type NetworkPolicyPort = Infer<typeof port>;
export type NetworkPolicyIngressRule = Infer<typeof ingressRule>;
export type NetworkPolicyEgressRule = Infer<typeof egressRule>;
