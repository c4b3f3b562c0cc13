import type { Service } from '../../k8s/service.ts';

/** Annotations by which the clouds keep a load balancer inside the network; a pattern for the values that do. */
const INTERNAL: readonly (readonly [annotation: string, value: RegExp])[] = [
  ['networking.gke.io/load-balancer-type', /^internal$/i],
  ['cloud.google.com/load-balancer-type', /^internal$/i],
  ['service.beta.kubernetes.io/aws-load-balancer-internal', /^(true|0\.0\.0\.0\/0)$/i],
  ['service.beta.kubernetes.io/aws-load-balancer-scheme', /^internal$/i],
  ['service.beta.kubernetes.io/azure-load-balancer-internal', /^true$/i],
  ['service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type', /^intranet$/i],
  ['service.beta.kubernetes.io/alicloud-loadbalancer-address-type', /^intranet$/i],
  ['service.beta.kubernetes.io/openstack-internal-load-balancer', /^true$/i],
  ['loadbalancer.openstack.org/internal', /^true$/i],
  ['service.beta.kubernetes.io/oci-load-balancer-internal', /^true$/i],
  ['oci-network-load-balancer.oraclecloud.com/internal', /^true$/i],
  ['service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type', /^private$/i],
  ['service.kubernetes.io/qcloud-loadbalancer-internal-subnetid', /./],
  ['service.beta.kubernetes.io/cce-load-balancer-internal-vpc', /^true$/i],
];

const AWS_SCHEME = 'service.beta.kubernetes.io/aws-load-balancer-scheme';
const AWS_TYPE = 'service.beta.kubernetes.io/aws-load-balancer-type';
/** Load balancers of the AWS Load Balancer Controller, which are internal unless their scheme says otherwise. */
const AWS_CLASSES: ReadonlySet<string> = new Set(['service.k8s.aws/nlb', 'eks.amazonaws.com/nlb']);

/** Whether the cloud keeps the load balancer of a Service private, by annotation or class (reference §15.5). */
export function isInternalLoadBalancer({ annotations, spec }: Pick<Service, 'annotations' | 'spec'>): boolean {
  if (INTERNAL.some(([annotation, value]) => value.test(annotations[annotation] ?? ''))) return true;
  const className = spec.loadBalancerClass ?? '';
  if (/internal/i.test(className)) return true;
  const ofController = AWS_CLASSES.has(className) || /^(external|nlb-ip)$/.test(annotations[AWS_TYPE] ?? '');
  return ofController && annotations[AWS_SCHEME] === undefined;
}
