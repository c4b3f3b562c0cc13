import { describe, expect, it } from 'vitest';
import { runSuites } from './run-suites.ts';

const pod = (name: string) => `
      - apiVersion: v1
        kind: Pod
        metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
        spec: { serviceAccountName: ${name}, containers: [{ name: ${name}, image: 'a:1', ports: [{ containerPort: 8080 }] }] }`;

const cluster = (name: string, more = '') => `
  - cluster: ${name}
    resources:
      - { apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { istio-injection: enabled } } }${pod('web')}${pod('client')}
      - apiVersion: v1
        kind: Service
        metadata: { name: web, namespace: shop }
        spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }${more}`;

const CLOSED = `
      - apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: { name: closed, namespace: shop }
        spec: { selector: { matchLabels: { app: web } } }`;

const suite = (east: string, west: string, request: string) => `
apiVersion: meshproof.dev/v1
kind: PolicyTest
metadata: { name: two }
resources:${cluster('east', east)}${cluster('west', west)}
cases:
  - name: across
    request: ${request}
    expect: allow
`;

async function run(text: string) {
  const { cases } = await runSuites(['-'], { cwd: '.', stdin: async () => Buffer.from(text) });
  return cases;
}

const SERVICE =
  '{ from: { workload: east:shop/client }, to: { service: shop/web, port: 80 }, http: { method: GET, path: / } }';

describe('policy tests over several clusters', () => {
  it('answer per endpoint cluster, and the weakest decides', async () => {
    const [across] = await run(suite(CLOSED, '', SERVICE));
    expect(across).toMatchObject({ got: 'allow', pass: true });
    expect(across?.endpoints?.map(({ workload, port, got }) => [workload, port, got])).toEqual([
      ['east:shop/web', 8080, 'deny'],
      ['west:shop/web', 8080, 'allow'],
    ]);
    const [closed] = await run(suite(CLOSED, CLOSED, SERVICE));
    expect(closed).toMatchObject({ got: 'deny', by: 'shop/closed' });
  });

  it('give one answer where one cluster is asked', async () => {
    const [own] = await run(suite(CLOSED, '', SERVICE.replace('shop/web', 'east:shop/web')));
    expect(own).toMatchObject({ got: 'deny' });
    expect(own).not.toHaveProperty('endpoints');
  });

  it('say what is ambiguous', async () => {
    const [lost] = await run(suite('', '', SERVICE.replace('east:', '')));
    expect(lost).toMatchObject({
      got: 'error',
      reason: 'workload `shop/client` is in several clusters; name one of `east:shop/client`, `west:shop/client`',
    });
  });
});
