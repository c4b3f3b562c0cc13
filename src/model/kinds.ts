import { backendTlsPolicy } from './gateway/backend-tls-policy.ts';
import { gatewayClass } from './gateway/gateway-class.ts';
import { kubernetesGateway } from './gateway/gateway.ts';
import { grpcRoute } from './gateway/grpc-route.ts';
import { httpRoute } from './gateway/http-route.ts';
import { listenerSet } from './gateway/listener-set.ts';
import { referenceGrant } from './gateway/reference-grant.ts';
import { tcpRoute } from './gateway/tcp-route.ts';
import { tlsRoute } from './gateway/tls-route.ts';
import { authorizationPolicy } from './istio/authorization-policy.ts';
import { destinationRule } from './istio/destination-rule.ts';
import { envoyFilter } from './istio/envoy-filter.ts';
import { gateway } from './istio/gateway.ts';
import { peerAuthentication } from './istio/peer-authentication.ts';
import { proxyConfig } from './istio/proxy-config.ts';
import { requestAuthentication } from './istio/request-authentication.ts';
import { serviceEntry } from './istio/service-entry.ts';
import { sidecar } from './istio/sidecar.ts';
import { telemetry } from './istio/telemetry.ts';
import { trafficExtension } from './istio/traffic-extension.ts';
import { virtualService } from './istio/virtual-service.ts';
import { wasmPlugin } from './istio/wasm-plugin.ts';
import { workloadEntry } from './istio/workload-entry.ts';
import { workloadGroup } from './istio/workload-group.ts';
import { adminNetworkPolicy } from './k8s/admin-network-policy.ts';
import { baselineAdminNetworkPolicy } from './k8s/baseline-admin-network-policy.ts';
import { clusterNetworkPolicy } from './k8s/cluster-network-policy.ts';
import { clusterRoleBinding } from './k8s/cluster-role-binding.ts';
import { clusterRole } from './k8s/cluster-role.ts';
import { configMap } from './k8s/config-map.ts';
import { cronJob } from './k8s/cron-job.ts';
import { daemonSet } from './k8s/daemon-set.ts';
import { deployment } from './k8s/deployment.ts';
import { endpointSlice } from './k8s/endpoint-slice.ts';
import { ingressClass } from './k8s/ingress-class.ts';
import { ingress } from './k8s/ingress.ts';
import { job } from './k8s/job.ts';
import { mutatingWebhookConfiguration } from './k8s/mutating-webhook-configuration.ts';
import { namespace } from './k8s/namespace.ts';
import { networkPolicy } from './k8s/network-policy.ts';
import { node } from './k8s/node.ts';
import { pod } from './k8s/pod.ts';
import { replicaSet } from './k8s/replica-set.ts';
import { roleBinding } from './k8s/role-binding.ts';
import { role } from './k8s/role.ts';
import { serviceAccount } from './k8s/service-account.ts';
import { service } from './k8s/service.ts';
import { statefulSet } from './k8s/stateful-set.ts';
import { validatingWebhookConfiguration } from './k8s/validating-webhook-configuration.ts';
import type { SpecOf } from './kind.ts';
import { istioOperator } from './operator/istio-operator.ts';
import { sailIstio } from './operator/sail-istio.ts';

/** The catalogue: a new kind is one file and one line here. */
export const KINDS = [
  // Kubernetes
  adminNetworkPolicy,
  baselineAdminNetworkPolicy,
  clusterNetworkPolicy,
  clusterRole,
  clusterRoleBinding,
  configMap,
  cronJob,
  daemonSet,
  deployment,
  endpointSlice,
  ingress,
  ingressClass,
  job,
  mutatingWebhookConfiguration,
  namespace,
  networkPolicy,
  node,
  pod,
  replicaSet,
  role,
  roleBinding,
  service,
  serviceAccount,
  statefulSet,
  validatingWebhookConfiguration,
  // Istio
  authorizationPolicy,
  destinationRule,
  envoyFilter,
  gateway,
  peerAuthentication,
  proxyConfig,
  requestAuthentication,
  serviceEntry,
  sidecar,
  telemetry,
  trafficExtension,
  virtualService,
  wasmPlugin,
  workloadEntry,
  workloadGroup,
  // Kubernetes Gateway API
  backendTlsPolicy,
  grpcRoute,
  gatewayClass,
  httpRoute,
  kubernetesGateway,
  listenerSet,
  referenceGrant,
  tcpRoute,
  tlsRoute,
  // Operators of Istio installations
  istioOperator,
  sailIstio,
] as const;

type AnyKind = (typeof KINDS)[number];
export type KindName = AnyKind['name'];
export type SpecOfKind<N extends KindName> = SpecOf<Extract<AnyKind, { name: N }>>;
