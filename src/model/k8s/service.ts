import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, type Infer, intOrString, list, map, number, object, oneOf, string, text } from '../shape.ts';
const servicePort = object({
  name: string,
  port: number,
  /** A number, or the name of a container port; absent: same as `port`. */
  targetPort: intOrString,
  nodePort: number,
  protocol: oneOf('TCP', 'UDP', 'SCTP'),
  appProtocol: string,
});

export const service = defineKind({
  name: 'Service',
  kind: 'Service',
  group: '',
  scope: 'Namespaced',
  keepsStatus: true,
  shape: object({
    type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
    /** `None` makes it headless. */
    clusterIP: string,
    clusterIPs: list(string),
    ports: list(servicePort),
    selector: map(text),
    externalName: string,
    externalIPs: list(string),
    externalTrafficPolicy: string,
    internalTrafficPolicy: string,
    loadBalancerIP: string,
    loadBalancerClass: string,
    loadBalancerSourceRanges: list(string),
    allocateLoadBalancerNodePorts: boolean,
    publishNotReadyAddresses: boolean,
  }),
});

export type Service = ResourceOf<typeof service>;
export type ServicePortSpec = Infer<typeof servicePort>;
