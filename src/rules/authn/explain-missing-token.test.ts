import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { jwtNotRequired } from './jwt-not-required.ts';

const url = (name: string) => new URL(`./jwt-not-required/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...jwtNotRequired.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts): Explanation {
  const fails = failing(facts);
  return jwtNotRequired.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

const ISSUER = 'https://login.example.com';
const RULES = { jwtRules: [{ issuer: ISSUER, jwksUri: `${ISSUER}/keys` }] };
const TOKENS = policy('RequestAuthentication', 'shop', 'tokens', { ...selecting('store'), ...RULES });
const ap = (name: string, action: string, rules: readonly unknown[], rest: Manifest = {}): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting('store'), action, rules, ...rest });
const source = (given: Manifest) => ({ from: [{ source: given }] });
const to = (operation: Manifest) => ({ to: [{ operation }] });

const shop = (more: readonly Manifest[], ports: Readonly<Record<string, number>> = { http: 8080 }): string =>
  meshText([namespace('shop'), ...workload('shop', 'store', { ports }), TOKENS, ...more]);
describe('the fix of authn/jwt-not-required', () => {
  it('demands the issuer on protected paths and leaves public ones a rule of their own', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const { title, remediation, validation } = explain(factsOfText(text, 'mesh.yaml'));
    expect(title).toBe(
      'RequestAuthentication shop/orders asks for no token: without one, GET /v1/* passes on 1 port of workload shop/orders',
    );
    expect(remediation.steps[0]).toContain(
      'decided again on the model: no request without a token that was tried passes',
    );
    expect(remediation.steps.join('\n')).toContain('stays public, in a rule of its own: /healthz');
    expect(remediation.summary).toContain('2 of 2 wanted flows still pass');
    expect(validation.negative[0]).toContain('gives 403');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(countOutcomes(jwtNotRequired, after)).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
    const principals = ['cluster.local/ns/shop/sa/web'];
    expect(after.mesh.resources.find('AuthorizationPolicy', 'shop', 'orders')?.spec.rules?.slice(1)).toEqual([
      {
        from: [{ source: { principals, requestPrincipals: [`${ISSUER}/*`] } }],
        to: [{ operation: { paths: ['/v1/*'] } }],
      },
      { from: [{ source: { principals } }], to: [{ operation: { paths: ['/healthz'] } }] },
    ]);
  });

  it('writes a first policy where there is none, and keeps TCP ports as they are', () => {
    const text = shop([], { http: 8080, tcp: 9000 });
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'));
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(jwtNotRequired, after)).toEqual([]);
    const store = after.mesh.workloads.find(({ name }) => name === 'store');
    const tcp = store && after.ports(store).find(({ port }) => port.port === 9000);
    expect(tcp?.access.plaintext).not.toBeNull();
  });

  it('splits a rule on all ports, so that TCP ports stay reachable', () => {
    const text = shop([ap('a', 'ALLOW', [source({ namespaces: ['shop'] })])], { http: 8080, tcp: 9000 });
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'));
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(after.mesh.resources.find('AuthorizationPolicy', 'shop', 'a')?.spec.rules).toEqual([
      source({ namespaces: ['shop'], requestPrincipals: [`${ISSUER}/*`] }),
      { ...source({ namespaces: ['shop'] }), ...to({ ports: ['9000'] }) },
    ]);
  });

  it('asks by a DENY where the ALLOW is about workloads that check no tokens', () => {
    const wide = policy('AuthorizationPolicy', 'shop', 'open', { rules: [{}] });
    const text = shop([...workload('shop', 'cache', { ports: { http: 8081, tcp: 6379 } }), wide], {
      http: 8080,
      tcp: 9000,
    });
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'));
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(jwtNotRequired, after)).toEqual([]);
    expect(after.mesh.resources.find('AuthorizationPolicy', 'shop', 'open')?.spec.rules).toEqual([{}]);
    const opened = after.mesh.workloads.flatMap((each) =>
      after
        .ports(each)
        .filter(({ access }) => access.plaintext?.request.jwt === undefined && access.plaintext)
        .map(({ port }) => port.port),
    );
    // The TCP port of the same workload, and its neighbour, are as they were.
    expect(opened.sort()).toEqual([6379, 8081, 9000]);
  });

  it('warns where the gateway takes the token off', () => {
    const text = shop([
      ...workload('shop', 'edge', {
        labels: { istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080 },
      }),
      policy('RequestAuthentication', 'shop', 'edge', { ...selecting('edge'), ...RULES }),
      ap('a', 'ALLOW', [source({ principals: ['cluster.local/ns/shop/sa/edge'] })]),
    ]);
    const facts = factsOfText(text, 'mesh.yaml');
    const fails = failing(facts).filter(({ subject }) => subject.name === 'store');
    const { remediation } = jwtNotRequired.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
    expect(remediation.steps.join('\n')).toContain(
      'shop/edge validates tokens and takes them off: set forwardOriginalToken: true',
    );
  });
});
