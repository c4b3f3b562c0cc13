import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, TO_WEB, virtualService } from '../../../test/edge-platform.ts';
import { factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import type { Facts } from '../../graph/facts.ts';
import { severityOf } from '../../findings/severity.ts';
import { decideLandings, mostPermissive } from '../../semantics/decide-request.ts';
import type { Fail } from '../rule.ts';
import { unverifiedClientCertificates } from './unverified-client-certificates.ts';

const fixture = (name: string) =>
  factsOfFixture(new URL(`./unverified-client-certificates/${name}.yaml`, import.meta.url));
const only = (facts: Facts): Fail => {
  const [fail, ...others] = [...unverifiedClientCertificates.judge(facts)].filter(
    (outcome): outcome is Fail => outcome.kind === 'fail',
  );
  expect(others).toEqual([]);
  return fail as Fail;
};
const explained = (facts: Facts) => {
  const fail = only(facts);
  return unverifiedClientCertificates.explain({ cause: fail.cause, causeKey: '', fails: [fail] }, facts);
};

const CLIENT_A = 'cluster.local/ns/demo/sa/client-a';
const PLATFORM = `apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
${EDGE_PLATFORM}${virtualService('web', `[{ ${TO_WEB} }]`).replace('edge/public', 'edge/mutual')}`;
const mutual = (tls: string): string => `---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: mutual, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ['*'], tls: { credentialName: cert, ${tls} } }]
`;
const policy = (spec: string, namespace = 'edge'): string => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: names, namespace: ${namespace} }
spec: ${spec}
`;
const factsOf = (tls: string, more = ''): Facts => factsOfText(PLATFORM + mutual(tls) + more, 'mesh.yaml');

describe('mtls/unverified-client-certificates', () => {
  it('fails the vulnerable mesh, at the object at fault', () => {
    expect(failsOf(unverifiedClientCertificates, fixture('vulnerable'))).toEqual([
      'edge/gateway:8443 — Gateway edge/partners:111',
    ]);
  });

  it('passes the hardened mesh', () => {
    expect(failsOf(unverifiedClientCertificates, fixture('hardened'))).toEqual([]);
    expect([...unverifiedClientCertificates.judge(fixture('hardened'))].map(({ kind }) => kind)).toEqual(['pass']);
  });

  it('shows a request with an invented certificate that passes, and is refused once they are verified', () => {
    const { witness } = only(fixture('vulnerable'));
    expect(witness).toMatchObject({
      from: { internet: true },
      tls: { sni: 'shop.example.com', clientCert: { principal: CLIENT_A, trusted: false } },
    });
    const outcomes = ['vulnerable', 'hardened'].map((name) => {
      const { enforcement } = fixture(name);
      const landings = witness && decideLandings(enforcement, witness);
      return landings && !('error' in landings) ? mostPermissive(landings).verdict.outcome : landings;
    });
    expect(outcomes).toEqual(['allow', 'deny']);
  });

  it.each([
    ['a name in an ALLOW', policy(`{ rules: [{ from: [{ source: { principals: [${CLIENT_A}] } }] }] }`), 'HIGH'],
    [
      'a name for one operation',
      policy(
        `{ rules: [{ from: [{ source: { principals: [${CLIENT_A}] } }], to: [{ operation: { methods: [DELETE], paths: [/admin/*] } }] }] }`,
      ),
      'HIGH',
    ],
    ['a namespace', policy('{ rules: [{ from: [{ source: { namespaces: [demo] } }] }] }'), 'HIGH'],
    ['an account', policy('{ rules: [{ from: [{ source: { serviceAccounts: [demo/client-a] } }] }] }'), 'HIGH'],
    [
      'a DENY of others',
      policy(`{ action: DENY, rules: [{ from: [{ source: { notPrincipals: [${CLIENT_A}] } }] }] }`),
      'HIGH',
    ],
    [
      'a DENY of one',
      policy(`{ action: DENY, rules: [{ from: [{ source: { principals: [${CLIENT_A}] } }] }] }`),
      'HIGH',
    ],
    [
      'the forwarded certificate',
      policy(
        `{ rules: [{ when: [{ key: 'request.headers[x-forwarded-client-cert]', values: ['*URI=spiffe://${CLIENT_A}'] }] }] }`,
      ),
      'HIGH',
    ],
    ['paths alone', policy('{ rules: [{ to: [{ operation: { paths: ["/*"] } }] }] }'), 'MEDIUM'],
    ['nothing', '', 'MEDIUM'],
  ])('is told apart by what rests on the names: %s', (_, more, severity) => {
    for (const mode of ['MUTUAL', 'OPTIONAL_MUTUAL']) {
      const fail = only(factsOf(`mode: ${mode}, insecureSkipVerify: true`, more));
      expect([mode, severityOf(fail.factors).severity]).toEqual([mode, severity]);
      expect(fail.witness?.tls?.clientCert?.trusted).toBe(false);
    }
  });

  it('has nothing to say where no certificate is asked for, or each is verified', () => {
    expect([...unverifiedClientCertificates.judge(factsOf('mode: SIMPLE, insecureSkipVerify: true'))]).toEqual([]);
    expect(failsOf(unverifiedClientCertificates, factsOf('mode: OPTIONAL_MUTUAL'))).toEqual([]);
  });

  it('takes the field out, and keeps the rest', () => {
    const facts = fixture('vulnerable');
    const { title, remediation } = explained(facts);
    expect(title).toBe(
      'Gateway edge/partners believes client certificates that it does not verify, and policies rest on their names',
    );
    expect(remediation.changes).toMatchObject([
      {
        kind: 'edit',
        resource: { name: 'partners' },
        edits: [{ op: 'delete', path: ['spec', 'servers', 0, 'tls', 'insecureSkipVerify'] }],
      },
    ]);
  });

  it.each([
    ['frontend: { default: { validation: MODE } }', ['spec', 'tls', 'frontend', 'default', 'validation', 'mode']],
    [
      'frontend: { default: { validation: { mode: AllowValidOnly, caCertificateRefs: [{ kind: ConfigMap, group: "", name: ca }] } }, perPort: [{ port: 443, tls: { validation: MODE } }] }',
      ['spec', 'tls', 'frontend', 'perPort', 0, 'tls', 'validation', 'mode'],
    ],
  ])('Gateway API: %s', (tls, path) => {
    const laxness = '{ mode: AllowInsecureFallback, caCertificateRefs: [{ kind: ConfigMap, group: "", name: ca }] }';
    const facts = factsOfText(
      `${PLATFORM.replace('edge/mutual', 'edge/none')}---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: api, namespace: shop }
spec:
  gatewayClassName: istio
  tls: { ${tls.replace('MODE', laxness)} }
  listeners: [{ name: https, port: 443, protocol: HTTPS, tls: { mode: Terminate, certificateRefs: [{ name: cert }] } }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec: { parentRefs: [{ name: api }], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
`,
      'mesh.yaml',
    );
    const fail = only(facts);
    expect(fail.cause).toMatchObject({ kind: expect.stringContaining('Gateway'), namespace: 'shop', name: 'api' });
    expect(fail.witness?.tls?.clientCert?.trusted).toBe(false);
    expect(explained(facts).remediation.changes).toMatchObject([
      { edits: [{ op: 'set', path, value: 'AllowValidOnly' }] },
    ]);
  });
});
