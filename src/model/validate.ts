import type { AuthorizationPolicy } from './istio/authorization-policy.ts';
import type { Gateway } from './istio/gateway.ts';
import type { PeerAuthentication } from './istio/peer-authentication.ts';
import type { RequestAuthentication } from './istio/request-authentication.ts';
import { checkAuthorizationPolicy } from './istio/validate-authorization-policy.ts';
import { checkGateway } from './istio/validate-gateway.ts';
import { checkPeerAuthentication } from './istio/validate-peer-authentication.ts';
import { checkRequestAuthentication } from './istio/validate-request-authentication.ts';
import { checkVirtualService } from './istio/validate-virtual-service.ts';
import type { VirtualService } from './istio/virtual-service.ts';
import type { Refusal } from './refusal.ts';
import type { Resource } from './resource.ts';

/** What Istio's validating webhook would say about an object; empty for kinds that are not checked here. */
export function findRefusals(resource: Resource): readonly Refusal[] {
  switch (resource.kind) {
    case 'AuthorizationPolicy':
      return checkAuthorizationPolicy(resource as AuthorizationPolicy);
    case 'PeerAuthentication':
      return [...checkPeerAuthentication(resource as PeerAuthentication)];
    case 'RequestAuthentication':
      return [...checkRequestAuthentication(resource as RequestAuthentication)];
    case 'Gateway':
      return [...checkGateway(resource as Gateway)];
    case 'VirtualService':
      return [...checkVirtualService(resource as VirtualService)];
    default:
      return [];
  }
}
