import { describe, expect, it } from 'vitest';
import { inlineObject, readText } from '../collect/read-text.ts';
import { decodeObjects } from './decode.ts';

const decode = (text: string, options = {}) =>
  decodeObjects(readText(text.replace(/^\n/, '#\n'), 'mesh.yaml').objects, options);

const policy = (name: string, spec: string, metadata = '') => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: shop${metadata} }
spec: ${spec}
`;

describe('decodeObjects', () => {
  it('indexes by kind, namespace, name and cluster, in input order', () => {
    const objects = [
      ...readText(policy('b', '{}'), 'one.yaml', { cluster: 'east' }).objects,
      ...readText(policy('a', '{}'), 'one.yaml', { cluster: 'west' }).objects,
      ...readText(policy('b', '{}'), 'two.yaml', { cluster: 'west' }).objects,
    ];
    const { resources, diagnostics } = decodeObjects(objects);
    expect(diagnostics).toEqual([]);
    const named = resources.of('AuthorizationPolicy').map(({ cluster, name }) => `${cluster}:${name}`);
    expect(named).toEqual(['east:b', 'west:a', 'west:b']);
    expect(resources.size).toBe(3);
    expect(resources.inNamespace('AuthorizationPolicy', 'shop')).toHaveLength(3);
    expect(resources.inNamespace('AuthorizationPolicy', 'shop', 'east').map(({ name }) => name)).toEqual(['b']);
    expect(resources.inNamespace('AuthorizationPolicy', 'other')).toEqual([]);
    expect(resources.find('AuthorizationPolicy', 'shop', 'b', 'west')?.origin.source).toBe('two.yaml');
    expect(resources.find('AuthorizationPolicy', 'shop', 'b')?.cluster).toBe('east');
    expect(resources.find('AuthorizationPolicy', 'shop', 'c')).toBeUndefined();
    expect(resources.of('PeerAuthentication')).toEqual([]);
  });

  it('keeps an empty spec apart from a rule that matches everything', () => {
    const { resources } = decode(`${policy('nothing', '{}')}---${policy('everything', '{ rules: [{}] }')}`);
    expect(resources.find('AuthorizationPolicy', 'shop', 'nothing')?.spec).toEqual({});
    expect(resources.find('AuthorizationPolicy', 'shop', 'everything')?.spec).toEqual({ rules: [{}] });
  });

  it('puts namespaced objects into the default namespace and cluster-scoped ones into none', () => {
    const text = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, namespace: stray }
`;
    expect(decode(text).resources.of('Service')[0]?.namespace).toBe('default');
    const named = decode(text, { defaultNamespace: 'rendered' }).resources;
    expect(named.of('Service')[0]?.namespace).toBe('rendered');
    expect(named.find('Namespace', '', 'shop')?.namespace).toBe('');
  });

  it('tells the two Gateway kinds and Istio from the Sail operator apart', () => {
    const text = ['networking.istio.io/v1', 'gateway.networking.k8s.io/v1']
      .map(
        (version) =>
          `apiVersion: ${version}\nkind: Gateway\nmetadata: { name: gw, namespace: a }\nspec: { servers: [] }\n`,
      )
      .join('---\n');
    const { resources } = decode(
      `${text}---\napiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: default }\nspec: { version: v1.29.0 }`,
    );
    expect(resources.of('Gateway')).toHaveLength(1);
    expect(resources.of('KubernetesGateway')).toHaveLength(1);
    expect(resources.of('SailIstio')[0]?.spec.version).toBe('v1.29.0');
    expect(resources.counts).toEqual({ Gateway: 1, KubernetesGateway: 1, SailIstio: 1 });
  });

  it('counts what it does not model, and never keeps a Secret', () => {
    const { resources } = decode(`
apiVersion: v1
kind: Secret
metadata: { name: token, namespace: shop }
stringData: { password: hunter2 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
`);
    expect(resources.counts).toEqual({ PodDisruptionBudget: 1, Secret: 1 });
    expect(resources.size).toBe(0);
    expect(JSON.stringify(resources)).not.toContain('hunter2');
  });

  it('reports what is no Kubernetes object', () => {
    const { resources, diagnostics } = decodeObjects([inlineObject({ hello: 1 }, 'values.yaml', 7)]);
    expect(resources.size).toBe(0);
    expect(diagnostics).toMatchObject([{ severity: 'warning', file: 'values.yaml', line: 7 }]);
    expect(diagnostics[0]?.message).toContain('no `kind`');
  });
});

describe('what the API server refuses', () => {
  it('leaves out an object of a decisive kind, at the line of the value', () => {
    const { resources, diagnostics } = decode(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: guard, namespace: shop }
spec:
  action: DENYY
  rules:
    - {}
`);
    expect(resources.of('AuthorizationPolicy')).toEqual([]);
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        file: 'mesh.yaml',
        line: 6,
        message:
          '`spec.action` is `DENYY`, expected one of `ALLOW`, `DENY`, `AUDIT`, `CUSTOM`: the API server refuses AuthorizationPolicy `shop/guard`, it is left out',
        help: 'did you mean `DENY`?',
      },
    ]);
  });

  it('does not quote a value that stands in the wrong place', () => {
    const { diagnostics } = decode(policy('guard', '{ rules: hunter2 }'));
    expect(diagnostics[0]?.message).toContain('`spec.rules` is a string, expected a list');
    expect(JSON.stringify(diagnostics)).not.toContain('hunter2');
  });

  it('leaves out only the bad value of other kinds', () => {
    const { resources, diagnostics } = decode(`
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  selector: { app: web }
  ports:
    - { port: 80, protocol: HTTP }
`);
    expect(resources.of('Service')[0]?.spec).toEqual({ selector: { app: 'web' }, ports: [{ port: 80 }] });
    expect(diagnostics).toMatchObject([{ severity: 'warning', line: 8 }]);
  });

  it('takes unquoted labels in their string form, and says so', () => {
    const { resources, diagnostics } = decode(`
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: { istio-injection: true, tier: 1, empty: }
  annotations: { list: [a] }
`);
    expect(resources.of('Namespace')[0]?.labels).toEqual({ 'istio-injection': 'true', tier: '1', empty: '' });
    expect(resources.of('Namespace')[0]?.annotations).toEqual({});
    expect(diagnostics.map(({ line, help }) => [line, help])).toEqual([
      [6, 'put it in quotes: `"true"`'],
      [6, 'put it in quotes: `"1"`'],
      [7, 'write one string'],
    ]);
  });

  it('leaves out an object without a name', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop' } };
    const { resources, diagnostics } = decodeObjects([inlineObject(service, 'mesh.yaml', 1)]);
    expect(resources.size).toBe(0);
    expect(diagnostics).toMatchObject([{ severity: 'error' }]);
  });

  it('survives metadata of every wrong type', () => {
    const wrong = [[], 'text', 1, { name: ['a'] }, { name: 'a', labels: ['b'], annotations: 1, ownerReferences: 'x' }];
    for (const metadata of wrong) {
      const { diagnostics } = decodeObjects([
        inlineObject({ apiVersion: 'v1', kind: 'Service', metadata }, 'mesh.yaml', 1),
      ]);
      expect(diagnostics.length, JSON.stringify(metadata)).toBeGreaterThan(0);
    }
  });
});

describe('what the API server drops', () => {
  it('reports misspelt fields with the nearest one', () => {
    const { resources, diagnostics } = decode(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: guard, namespace: shop }
spec:
  rules:
    - from:
        - source:
            principal: ["*"]
`);
    expect(resources.of('AuthorizationPolicy')).toHaveLength(1);
    const [first] = diagnostics;
    expect(first).toMatchObject({ severity: 'warning', line: 9, help: 'did you mean `principals`?' });
  });

  it('reports fields beside spec, which leave a policy that denies everything', () => {
    const { resources, diagnostics } = decode(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: guard, namespace: shop, label: { app: web } }
rules: [{}]
specs: {}
`);
    expect(resources.of('AuthorizationPolicy')[0]?.spec).toEqual({});
    expect(diagnostics.map(({ line, help }) => [line, help])).toEqual([
      [4, 'did you mean `labels`?'],
      [5, 'it belongs under `spec`'],
      [6, 'did you mean `spec`?'],
    ]);
  });

  it('names unknown versions, groups and kinds', () => {
    const { resources, diagnostics } = decode(`
apiVersion: security.istio.io/v2
kind: PeerAuthentication
metadata: { name: a, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: networking.istio.io/v1
kind: PeerAuthentication
metadata: { name: b, namespace: shop }
---
apiVersion: security.istio.io/v1
kind: AuthorisationPolicy
metadata: { name: c, namespace: shop }
`);
    expect(resources.of('PeerAuthentication').map(({ name }) => name)).toEqual(['a']);
    expect(diagnostics.map(({ severity, help }) => [severity, help])).toEqual([
      ['warning', 'known: `v1`, `v1beta1`'],
      ['error', 'did you mean `security.istio.io/v1`?'],
      ['error', 'did you mean `AuthorizationPolicy`?'],
    ]);
  });
});

describe('objects given twice', () => {
  it('takes the last one and names both places', () => {
    const { resources, diagnostics } = decode(
      `${policy('guard', '{ action: DENY, rules: [{}] }')}---${policy('guard', '{}')}`,
    );
    expect(resources.of('AuthorizationPolicy').map(({ spec }) => spec)).toEqual([{}]);
    expect(diagnostics).toMatchObject([{ severity: 'warning', line: 7 }]);
    expect(diagnostics[0]?.message).toContain('`shop/guard` is given twice');
    expect(diagnostics[0]?.message).toContain('`mesh.yaml:2:1`');
  });

  it('is silent about equal ones, also of another API version', () => {
    const older = policy('guard', '{}').replace('/v1', '/v1beta1');
    expect(decode(`${policy('guard', '{}')}---${policy('guard', '{}')}---${older}`).diagnostics).toEqual([]);
  });

  it('keeps the first if the API server refuses the second', () => {
    const { resources } = decode(
      `${policy('guard', '{ action: DENY, rules: [{}] }')}---${policy('guard', '{ action: NO }')}`,
    );
    expect(resources.of('AuthorizationPolicy')[0]?.spec.action).toBe('DENY');
  });

  it('treats several objects of one generateName as different', () => {
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: run-, namespace: a }\nspec: { template: {} }\n';
    const { resources, diagnostics } = decode(`${job}---\n${job}`);
    expect(resources.of('Job').map(({ name }) => name)).toEqual(['run-', 'run-']);
    expect(diagnostics).toEqual([]);
  });
});

it('lists at most 50 diagnostics of one pattern, then how many more there are', () => {
  const text = Array.from({ length: 80 }, (_, i) => policy(`p${i}`, '{ action: NO }')).join('---');
  const { diagnostics } = decode(text);
  expect(diagnostics).toHaveLength(51);
  expect(diagnostics[50]?.message).toMatch(/`shop\/p50`.*and 29 more like this/);
});
