import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { residualResult } from './residual.ts';

const object = (apiVersion: string, kind: string, name: string, spec = '{}'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}\n`;

const POD = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8080 }] }] }
`;

function openQuestions(...objects: readonly string[]): readonly string[] {
  return residualResult(factsOfText([POD, ...objects].join('---\n'), 'shop.yaml'), [], 'shop.yaml').map(
    ({ unknown }) => unknown,
  );
}

describe('what is open', () => {
  it('is what no manifest shows: the data plane, root policies, mesh config, wanted traffic', () => {
    expect(openQuestions()).toEqual([
      'policies in the root namespace istio-system (none are in the input)',
      'the mesh config in force (Istio defaults are assumed)',
      'whether the proxies hold and capture what the manifests say (no data-plane evidence in the input)',
      'which traffic is wanted (nothing is declared, so excess access is probable, not certain)',
    ]);
  });

  it.each([
    ['cilium.io/v2', 'CiliumNetworkPolicy', 'what CiliumNetworkPolicy shop/x does, which is not modelled'],
    ['cilium.io/v2', 'CiliumEnvoyConfig', 'what CiliumEnvoyConfig shop/x does, which is not modelled'],
    ['route.openshift.io/v1', 'Route', 'what Route shop/x does, which is not modelled'],
  ])('names what is not modelled: %s %s', (apiVersion, kind, text) => {
    expect(openQuestions(object(apiVersion, kind, 'x')).join('\n')).toContain(text);
  });

  it('names a WasmPlugin that runs before the policies, and an EnvoyFilter that may change them', () => {
    const wasm = object(
      'extensions.istio.io/v1alpha1',
      'WasmPlugin',
      'w',
      '{ phase: AUTHZ, url: "oci://registry.example/w" }',
    );
    const patch = '{ applyTo: HTTP_FILTER, match: { context: SIDECAR_INBOUND }, patch: { operation: REMOVE } }';
    const questions = openQuestions(
      wasm,
      object('networking.istio.io/v1alpha3', 'EnvoyFilter', 'ef', `{ configPatches: [${patch}] }`),
    );
    expect(questions).toContain('whether WasmPlugin shop/w rewrites what policies read, or refuses requests itself');
    expect(questions).toContain('what EnvoyFilter shop/ef changes in what proxies enforce');
    const extension = object('extensions.istio.io/v1alpha1', 'TrafficExtension', 't', '{ phase: AUTHN, lua: {} }');
    expect(openQuestions(extension)).toContain(
      'whether TrafficExtension shop/t rewrites what policies read, or refuses requests itself',
    );
  });

  it('says by how much an answer narrows the score at least, and ranks equals by it', () => {
    const bare = POD.slice(POD.indexOf('---') + 4);
    const questions = residualResult(factsOfText(bare, 'shop.yaml'), [], 'shop.yaml');
    const enrolment = questions.find(({ unknown }) => unknown.includes('is enrolled'));
    expect(enrolment?.narrows).toBeGreaterThan(0);
    const evidence = questions.find(({ unknown }) => unknown.includes('no data-plane evidence'));
    expect(evidence).not.toHaveProperty('narrows');
    const keys = questions.map(({ settles, narrows = 0 }) => settles * 1000 + narrows);
    expect(keys).toEqual(keys.toSorted((a, b) => b - a));
  });
});
