import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type PortProtocol, parseProtocol } from '../../model/inventory/protocol.ts';
import type { Gateway, GatewayServer } from '../../model/istio/gateway.ts';
import type { ServerTls } from '../../model/istio/server-tls.ts';
import type { Path, Resource } from '../../model/resource.ts';
import type { By } from '../../result/location.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { Aged } from './age.ts';
import { normalizeServerHosts } from './host-name.ts';

export type TlsMode = NonNullable<ServerTls['mode']>;

/** An Istio Gateway, or what istiod makes of one listener of a Gateway API Gateway, or of an Ingress. */
export interface GatewayObject extends Aged {
  readonly cluster: string;
  /** `ns/name` by which routes name it. */
  readonly id: string;
  readonly resource: Resource;
  readonly servers: readonly Server[];
  readonly selects: (workload: Workload) => boolean;
  /** Services whose ports its servers name; null: all of the workload's, and a port that none of them has is taken as it is. */
  readonly services: readonly string[] | null;
  /** Written with the Gateway API. */
  readonly kubernetes: boolean;
  /** The selector of an Istio Gateway. */
  readonly selector?: Readonly<Record<string, string>>;
}

/** One server of a Gateway: a port, hosts, and how TLS is handled. */
export interface Server {
  /** `ns/name` of the Gateway that it belongs to. */
  readonly gateway: string;
  readonly owner: Aged;
  readonly by: By;
  /** As the Gateway names it: a port of the gateway's Service. */
  readonly port: number;
  readonly portName: string;
  readonly protocol: PortProtocol;
  readonly bind: string;
  /** `host`, or `ns/host`; in lower case. */
  readonly hosts: readonly string[];
  readonly tls: ServerTlsSettings | null;
}

export interface ServerTlsSettings {
  readonly mode: TlsMode;
  readonly httpsRedirect: boolean;
  readonly subjectAltNames: readonly string[];
  /** Only certificates with a stated hash pass. */
  readonly pinned: boolean;
  readonly insecureSkipVerify: boolean;
  /** Where the CA of client certificates comes from, in words. */
  readonly ca: string;
  /** As the API has it; absent: what the mesh, or else Envoy, takes for given. */
  readonly minVersion?: string;
}

/** `servers` of an Istio Gateway; those without a port number do not exist. */
export function readGateway(resource: Gateway): GatewayObject {
  const { cluster, namespace, name, creationTimestamp, spec } = resource;
  const id = `${namespace}/${name}`;
  const { selector } = spec;
  const owner = { namespace, name, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) };
  return {
    ...owner,
    cluster,
    id,
    resource,
    servers: (spec.servers ?? []).flatMap((server, index) => readServer(resource, owner, server, index)),
    selects: (workload) => !selector || matchesLabels(selector, workload.labels),
    services: null,
    kubernetes: false,
    ...(selector ? { selector } : {}),
  };
}

function readServer(resource: Resource, owner: Aged, server: GatewayServer, index: number): readonly Server[] {
  const { port, hosts = [], tls, bind = '' } = server;
  if (port?.number === undefined) return [];
  const path: Path = ['spec', 'servers', index];
  return [
    {
      gateway: `${resource.namespace}/${resource.name}`,
      owner,
      by: byOf(resource, { rule: index, clause: `servers[${index}]`, path }),
      port: port.number,
      portName: port.name ?? '',
      protocol: parseProtocol(port.protocol),
      bind,
      hosts: normalizeServerHosts(hosts, resource.namespace),
      tls: tls ? readTls(tls) : null,
    },
  ];
}

function readTls(tls: ServerTls): ServerTlsSettings {
  return {
    // The enum's zero value.
    mode: tls.mode ?? 'PASSTHROUGH',
    httpsRedirect: tls.httpsRedirect ?? false,
    subjectAltNames: tls.subjectAltNames ?? [],
    pinned: (tls.verifyCertificateHash ?? tls.verifyCertificateSpki ?? []).length > 0,
    insecureSkipVerify: tls.insecureSkipVerify ?? false,
    ca: tls.mode === 'ISTIO_MUTUAL' ? 'the mesh' : caOf(tls),
    ...(tls.minProtocolVersion === undefined ? {} : { minVersion: tls.minProtocolVersion }),
  };
}

function caOf({ caCertCredentialName, credentialName, credentialNames, caCertificates }: ServerTls): string {
  const secret = caCertCredentialName ?? credentialName ?? credentialNames?.[0];
  if (secret !== undefined) return `Secret ${secret}`;
  return caCertificates === undefined ? 'the gateway' : `file ${caCertificates}`;
}

/** HTTP without TLS termination of its own: HTTP, HTTP2, gRPC. */
export const isHttp = ({ protocol }: Server): boolean => protocol.chain === 'http';

export const isPassthrough = ({ tls }: Server): boolean =>
  tls?.mode === 'PASSTHROUGH' || tls?.mode === 'AUTO_PASSTHROUGH';

/** HTTPS that is terminated here. Source: istio pkg/config/gateway/gateway.go. */
export const isTerminatedHttps = (server: Server): boolean =>
  server.protocol.protocol === 'https' && server.tls !== null && !isPassthrough(server);
