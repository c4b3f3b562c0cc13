import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges, changesIn } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { ask, bearerOf } from '../../graph/ask.ts';
import { waysThrough } from '../../graph/ways-through.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Principal } from '../../model/inventory/types.ts';
import type { Explanation, Fail } from '../rule.ts';
import { httpOnlyDeny } from './http-only-deny.ts';

const url = (name: string) => new URL(`./http-only-deny/${name}.yaml`, import.meta.url);
const textOf = (name: string) => readFileSync(url(name), 'utf8');

const failing = (facts: Facts): readonly Fail[] =>
  [...httpOnlyDeny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, policy: string): Explanation {
  const fails = failing(facts).filter(({ cause }) => cause?.name === policy);
  const [first] = fails;
  return httpOnlyDeny.explain({ cause: first?.cause ?? null, causeKey: first?.causeKey ?? '', fails }, facts);
}

/** What becomes of a request, to the pod or through its Service. */
function outcomeOf(
  facts: Facts,
  name: string,
  number: number,
  request: { as?: string; method?: string; path?: string; tcp?: true; service?: true },
): string {
  const workload = facts.mesh.workloads.find((each) => each.name === name);
  const port = workload?.ports.find((each) => each.port === number);
  if (!workload || !port) throw new Error(`no port ${number} at ${name}`);
  const { as = 'cluster.local/ns/some/sa/body', method = 'GET', path = '/', tcp, service } = request;
  const via = service ? waysThrough(facts.enforcement, port)[0] : undefined;
  const question = {
    workload,
    port,
    source: bearerOf(as as Principal),
    sample: { method, path },
    ...(via ? { via } : {}),
  };
  return ask(facts.enforcement, { ...question, chain: tcp ? 'tcp' : 'http' }).verdict.outcome;
}

describe('authz/http-only-deny', () => {
  it('fails the TCP port that a "require a token" DENY closes, and passes the HTTP port', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(httpOnlyDeny, facts)).toEqual([
      'shop/orders:7000 — AuthorizationPolicy shop/orders-require-token:89',
    ]);
    expect(countOutcomes(httpOnlyDeny, facts)).toEqual({ fail: 1, pass: 1, 'not-applicable': 0 });
    const [fail] = failing(facts);
    expect(fail?.evidence).toMatchObject([
      {
        path: 'spec.rules[0].from[0].source.notRequestPrincipals',
        shows:
          'port 7000 (tcp) of shop/orders: rule 1 asks for notRequestPrincipals, which a TCP chain does not have, so that it refuses every TCP connection of anyone',
      },
    ]);
    // Nobody gets in by it: what it costs is availability.
    expect(fail?.factors).toMatchObject({ entry: 'none', defenceInDepth: true });
    expect(outcomeOf(facts, 'orders', 7000, { as: 'cluster.local/ns/shop/sa/batch', tcp: true })).toBe('deny');
  });

  it('passes the hardened mesh', () => {
    expect(countOutcomes(httpOnlyDeny, factsOfFixture(url('hardened')))).toEqual({
      fail: 0,
      pass: 2,
      'not-applicable': 0,
    });
  });

  it('limits the policy to HTTP ports, and proves it both ways', () => {
    const text = textOf('vulnerable');
    const { title, impact, remediation } = explain(factsOfText(text, 'mesh.yaml'), 'orders-require-token');
    expect(title).toBe('DENY shop/orders-require-token asks about HTTP and blocks all TCP on 1 port');
    expect(impact).toContain('1 wanted call is refused today');
    expect(remediation.summary).toBe('limit shop/orders-require-token to the HTTP ports that it reaches (8080)');
    expect(remediation.steps).toEqual([
      'refused today although wanted: cluster.local/ns/shop/sa/batch → shop/orders:7000',
      'decided again on the model: 1 of 1 TCP ports are no longer refused by it',
      expect.stringMatching(
        /^decided again on the model: (\d+) of \1 HTTP requests that it refuses are refused as before$/,
      ),
      '1 of 1 wanted calls that it refuses today pass then',
      'an HTTP port that is added later has to be added there too',
    ]);
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(httpOnlyDeny, after)).toEqual([]);
    expect(outcomeOf(after, 'orders', 7000, { as: 'cluster.local/ns/shop/sa/batch', tcp: true })).toBe('allow');
    expect(outcomeOf(after, 'orders', 8080, {})).toBe('deny');
  });

  it('tells blocked TCP from detected ports, and leaves out what is excluded, limited already, or HTTP at a gateway', () => {
    const facts = factsOfFixture(url('edge-ports'));
    const rows = failing(facts).map(
      ({ subject, cause, factors }) => `${subject.name}:${subject.port} ${cause?.name} ${factors.compensations.length}`,
    );
    expect(rows).toEqual([
      'cache:6379 no-deletes 0',
      'cache:8080 no-deletes 0',
      'front-istio:443 no-deletes 0',
      'front-istio:443 limited-already 0',
      'web:9090 no-deletes 1',
      'web:9090 limited-already 1',
    ]);
    const shows = failing(facts).map(({ evidence }) => evidence[0]?.shows);
    expect(shows[0]).toContain('refuses every TCP connection of callers with namespaces partners');
    expect(shows[4]).toContain('HTTP is judged as written there, and whatever is no HTTP is refused');
    expect(countOutcomes(httpOnlyDeny, facts)).toEqual({ fail: 6, pass: 2, 'not-applicable': 1 });
  });

  it('gives workloads a policy of their own where a port number is HTTP at one and TCP at another', () => {
    const text = textOf('edge-ports');
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'no-deletes');
    expect(changesIn(remediation.changes)).toEqual([
      'edit AuthorizationPolicy shop/no-deletes',
      'add AuthorizationPolicy shop/no-deletes-web',
    ]);
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(httpOnlyDeny, after).filter((row) => row.includes('no-deletes'))).toEqual([]);
    const partner = 'cluster.local/ns/partners/sa/any';
    expect(outcomeOf(after, 'web', 8080, { as: partner, method: 'DELETE' })).toBe('deny');
    expect(outcomeOf(after, 'cache', 8080, { as: partner, tcp: true })).toBe('allow');
    // Its second rule asks for nothing of HTTP and means TCP.
    expect(outcomeOf(after, 'cache', 6379, { as: partner, tcp: true })).toBe('deny');
  });

  it('takes a port that the rule names for meant, also for what is no HTTP there', () => {
    const facts = factsOfFixture(url('edge-ports'));
    const limited = failing(facts).filter(({ cause }) => cause?.name === 'limited-already');
    expect(limited.every(({ evidence }) => evidence[0]?.path?.startsWith('spec.rules[0].to[1]'))).toBe(true);
  });

  it('asks for a protocol where nothing that the policy reaches is HTTP', () => {
    const text = textOf('vulnerable').replace(
      '    - name: http\n      port: 80\n',
      '    - name: tcp-main\n      port: 80\n',
    );
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'orders-require-token');
    expect(remediation.changes).toEqual([]);
    expect(remediation.steps.join()).toContain('no port that shop/orders-require-token reaches is declared HTTP');
  });

  it('shows what passes at ztunnel although a DENY names it, and what it refuses that it does not name', () => {
    const facts = factsOfFixture(url('edge-ambient'));
    const rows = failing(facts).map(
      ({ subject, cause, causeKey }) => `${subject.name}:${subject.port} ${cause?.name} ${causeKey}`,
    );
    expect(rows).toEqual([
      'ledger:8080 no-deletes at ztunnel',
      'vault:7000 vault-at-gate on TCP',
      'vault:9000 vault-no-admin at ztunnel',
    ]);
    const [open, , more] = failing(facts);
    expect(open?.factors).toMatchObject({ entry: 'named-identities', defenceInDepth: false });
    expect(open?.witness).toMatchObject({
      from: { principal: 'cluster.local/ns/drift/sa/teller' },
      http: { method: 'DELETE', path: '/v1/' },
    });
    expect(
      outcomeOf(facts, 'ledger', 8080, { as: 'cluster.local/ns/drift/sa/teller', method: 'DELETE', path: '/v1/x' }),
    ).toBe('allow');
    expect(more?.evidence[0]?.shows).toMatch(
      /what is left of it refuses GET \/\S+ of anyone too, which it does not name/,
    );
    expect(outcomeOf(facts, 'vault', 9000, { path: '/harmless' })).toBe('deny');
  });

  it('moves the DENY to a waypoint that is there, and proves it', () => {
    const text = textOf('edge-ambient');
    const { title, remediation } = explain(factsOfText(text, 'mesh.yaml'), 'vault-no-admin');
    expect(title).toBe('DENY drift/vault-no-admin asks about HTTP and refuses more than it says on 1 port in ambient');
    expect(remediation.steps[0]).toBe('decided again on the model: 1 of 1 ports take the requests that are not meant');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(httpOnlyDeny, after).some((row) => row.includes('vault-no-admin'))).toBe(false);
    expect(outcomeOf(after, 'vault', 9000, { path: '/admin/x', service: true })).toBe('deny');
    expect(outcomeOf(after, 'vault', 9000, { path: '/harmless', service: true })).toBe('allow');
  });

  it('puts a waypoint in place where there is none, with what its identity changes', () => {
    const text = textOf('edge-ambient');
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'no-deletes');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(httpOnlyDeny, after).some((row) => row.includes('ledger'))).toBe(false);
    const teller = 'cluster.local/ns/drift/sa/teller';
    expect(outcomeOf(after, 'ledger', 8080, { as: teller, method: 'DELETE', path: '/v1/x', service: true })).toBe(
      'deny',
    );
    expect(outcomeOf(after, 'ledger', 8080, { as: teller, path: '/v1/x', service: true })).toBe('allow');
    expect(outcomeOf(after, 'ledger', 8080, { path: '/v1/x', service: true })).toBe('deny');
  });

  it('limits a policy at a waypoint to HTTP ports of the Service', () => {
    const text = textOf('edge-ambient');
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'vault-at-gate');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(httpOnlyDeny, after).some((row) => row.includes('vault-at-gate'))).toBe(false);
    expect(outcomeOf(after, 'vault', 7000, { tcp: true, service: true })).toBe('allow');
    expect(outcomeOf(after, 'vault', 9000, { method: 'TRACE', service: true })).toBe('deny');
  });

  it('is unknown where an EnvoyFilter may change what is enforced', () => {
    const filter =
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: patch, namespace: shop }\nspec:\n  configPatches: [{ applyTo: NETWORK_FILTER, match: { context: SIDECAR_INBOUND }, patch: { operation: REMOVE } }]\n';
    const [fail] = failing(factsOfText(`${textOf('vulnerable')}---\n${filter}`, 'mesh.yaml'));
    expect(fail).toMatchObject({
      status: 'UNKNOWN',
      assumes: expect.arrayContaining(['EnvoyFilter shop/patch leaves authorization alone']),
    });
  });
});
