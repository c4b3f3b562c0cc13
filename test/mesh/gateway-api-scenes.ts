import type { ClientTls } from '../../src/result/request.ts';
import { AT_GATEWAY, fromOutside, SHOP, tlsSecret } from './gateway-objects.ts';
import { all, authorization, CLIENT_A, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';

/** Of pods that are there already: istiod deploys none. */
const gateway = (listeners: string, more = ''): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: api, namespace: edge }
spec:
  gatewayClassName: istio
  addresses: [{ type: Hostname, value: ingress.edge.svc.cluster.local }]
  listeners: [${listeners}]${more}
`;
const listener = (name: string, port: number, protocol: string, more = ''): string =>
  `{ name: ${name}, port: ${port}, protocol: ${protocol}, hostname: "*.example.com", allowedRoutes: { namespaces: { from: All } }${more} }`;
const route = (rules: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: demo }
spec: { parentRefs: [{ name: api, namespace: edge }], hostnames: [${SHOP}], rules: [${rules}] }
`;
const TO_SERVER = 'backendRefs: [{ name: server, port: 80 }]';
const path = (type: string, value: string): string => `matches: [{ path: { type: ${type}, value: ${value} } }]`;

const CLIENTS: readonly ClientTls['clientCert'][] = [
  undefined,
  { principal: CLIENT_A },
  { principal: CLIENT_A, trusted: false },
];

/** The Gateway API at the same gateway. */
export const gatewayApiScenes = ({ authority }: Credentials): readonly Scene[] => [
  {
    name: 'an HTTPRoute: paths, rewriting, redirect',
    objects: all(
      gateway(listener('http', 80, 'HTTP')),
      route(
        [
          `{ ${path('PathPrefix', '/ok')}, ${TO_SERVER} }`,
          `{ ${path('PathPrefix', '/old')}, filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }], ${TO_SERVER} }`,
          `{ ${path('Exact', '/elsewhere')}, filters: [{ type: RequestRedirect, requestRedirect: { path: { type: ReplaceFullPath, replaceFullPath: /ok }, statusCode: 301 } }] }`,
          `{ matches: [{ path: { type: Exact, value: /admin }, headers: [{ name: x-team, value: blue }] }], ${TO_SERVER} }`,
        ].join(', '),
      ),
      authorization(
        'no-admin',
        `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin, /ok/admin] } }] }] }`,
      ),
      authorization(
        'edge',
        `{ ${AT_GATEWAY}, action: DENY, rules: [{ to: [{ operation: { paths: [/ok/secret] } }] }] }`,
        'edge',
      ),
    ),
    requests: [
      ...[
        '/ok',
        '/okay',
        '/ok/',
        '/ok/admin',
        '/ok/secret',
        '/old/admin',
        '/old/ok',
        '/oldest',
        '/elsewhere',
        '/nowhere',
      ].map((each) => fromOutside(8080, each)),
      fromOutside(8080, '/admin', { headers: { 'x-team': 'blue' } }),
      fromOutside(8080, '/ok', { host: 'other.example.com' }),
    ],
  },
  ...['AllowValidOnly', 'AllowInsecureFallback'].map((mode) => ({
    name: `a listener with certificates of clients: ${mode}`,
    objects: all(
      tlsSecret('cert', authority.server),
      `
apiVersion: v1
kind: ConfigMap
metadata: { name: ca, namespace: edge }
data: ${JSON.stringify({ 'ca.crt': authority.ca })}
`,
      gateway(
        listener('https', 443, 'HTTPS', ', tls: { mode: Terminate, certificateRefs: [{ name: cert }] }'),
        `
  tls: { frontend: { default: { validation: { mode: ${mode}, caCertificateRefs: [{ group: "", kind: ConfigMap, name: ca }] } } } }`,
      ),
      route(`{ ${TO_SERVER} }`),
      authorization(
        'names',
        `{ ${AT_GATEWAY}, rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { paths: [/client-a] } }] }, { to: [{ operation: { paths: [/all] } }] }] }`,
        'edge',
      ),
    ),
    requests: CLIENTS.flatMap((clientCert) =>
      ['/client-a', '/all'].map((each) =>
        fromOutside(8443, each, { tls: { sni: SHOP, ...(clientCert ? { clientCert } : {}) } }),
      ),
    ),
  })),
];
