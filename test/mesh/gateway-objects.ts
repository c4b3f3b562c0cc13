import type { Request } from '../../src/result/request.ts';
import { OUTSIDE } from './world.ts';

export const SHOP = 'shop.example.com';
export const AT_GATEWAY = 'selector: { matchLabels: { istio: ingressgateway } }';
export const GATEWAY_ID = 'cluster.local/ns/edge/sa/ingress';

const networking = (kind: string, namespace: string, name: string, spec: string): string => `
apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;

/** An Istio Gateway of the ingress gateway's pods. */
export const gateway = (name: string, servers: string): string =>
  networking('Gateway', 'edge', name, `{ selector: { istio: ingressgateway }, servers: [${servers}] }`);

export const HTTP_SERVER = `{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*.example.com"] }`;
export const httpsServer = (tls: string, hosts = '"*.example.com"'): string =>
  `{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [${hosts}], tls: { ${tls} } }`;

/** A route action that leads to the server. */
export const TO_SERVER = 'route: [{ destination: { host: server, port: { number: 80 } } }]';

/** A VirtualService beside the server; its `spec` without `gateways` is given. */
export const routes = (name: string, spec: string, gateways = 'edge/public'): string =>
  networking('VirtualService', 'demo', name, `{ gateways: [${gateways}], ${spec} }`);
export const ALL_TO_SERVER = routes('shop', `hosts: ["*.example.com"], http: [{ ${TO_SERVER} }]`);

/** Certificate and key as a Secret of the gateway's namespace, with the CA of clients where one is given. */
export const tlsSecret = (name: string, { cert, key }: { readonly cert: string; readonly key: string }, ca?: string) =>
  `
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: edge }
type: kubernetes.io/tls
stringData: ${JSON.stringify({ 'tls.crt': cert, 'tls.key': key, ...(ca === undefined ? {} : { 'ca.crt': ca }) })}
`;

interface Sent extends Pick<Request, 'tls' | 'jwt'> {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

/** A request from outside to a port of the gateway's pod. */
export function fromOutside(port: number, path: string, sent: Sent = {}): Request {
  const { host = SHOP, method = 'GET', headers = {}, ip = OUTSIDE.ip, tls, jwt } = sent;
  return {
    from: { internet: true, ip },
    to: { gateway: 'edge/ingress', port },
    http: { method, path, host, headers },
    ...(tls ? { tls } : {}),
    ...(jwt ? { jwt } : {}),
  };
}

/** A request of a pod to the gateway's Service. */
export const fromPod = (workload: string, path: string, host = SHOP): Request => ({
  from: { workload },
  to: { service: 'edge/ingress', port: 80 },
  http: { method: 'GET', path, host },
});
