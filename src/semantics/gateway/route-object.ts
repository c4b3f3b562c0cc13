import type { VirtualServiceHttpRoute } from '../../model/istio/http-route.ts';
import type { VirtualServiceTcpRoute, VirtualServiceTlsRoute } from '../../model/istio/virtual-service.ts';
import type { Path, Resource } from '../../model/resource.ts';
import type { Aged } from './age.ts';

/** A rule of a route object, and where it is written. */
export interface Rule<Spec> {
  readonly spec: Spec;
  readonly resource: Resource;
  readonly path: Path;
  /** Position among the rules of the object as written. */
  readonly index: number;
}

export type HttpRule = Rule<VirtualServiceHttpRoute>;
export type TlsRule = Rule<VirtualServiceTlsRoute>;
export type TcpRule = Rule<VirtualServiceTcpRoute>;

/** A VirtualService, or what istiod makes of a route of the Gateway API or of an Ingress: everything binds to gateways in this form. */
export interface RouteObject extends Aged {
  readonly cluster: string;
  readonly resource: Resource;
  /** Qualified, in lower case. */
  readonly hosts: readonly string[];
  /** `ns/name` of Gateways. */
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[] | undefined;
  /** Paths and rewrites mean other things in each of them. */
  readonly semantics: 'istio' | 'gateway-api' | 'ingress';
  readonly http: readonly HttpRule[];
  readonly tls: readonly TlsRule[];
  readonly tcp: readonly TcpRule[];
  /** A TLSRoute also routes what a terminating listener decrypts. */
  readonly isTlsRoute?: true;
}
