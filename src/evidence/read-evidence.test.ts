import { describe, expect, it } from 'vitest';
import {
  changed,
  changedInbound,
  enforcementOf,
  evidenceOf,
  factsSeen,
  observed,
  sample,
} from '../../test/seen-mesh.ts';
import { readText } from '../collect/collect.ts';
import { redactValue } from '../collect/redact/redact-value.ts';
import { requestOf } from '../graph/request-of.ts';
import type { Drift, Evidence } from './evidence.ts';
import { readEvidence } from './read-evidence.ts';

const manifests = sample('manifests.yaml');
const dump = sample('config_dump.json');

const server = (evidence: Evidence) => {
  const [found] = evidence.all;
  if (!found) throw new Error('no workload was seen');
  return found;
};
const proofs = (evidence: Evidence) => {
  const { captured, ports } = server(evidence);
  const port = ports.get(8080);
  return { captured: captured.state, mtls: port?.mtls.state, authorization: port?.authorization.state };
};
const kinds = ({ drifts }: Evidence): readonly string[] => drifts.map(({ kind }) => kind);
const only = ({ drifts }: Evidence): Drift => {
  const [drift, ...others] = drifts;
  if (!drift || others.length > 0) throw new Error(`${drifts.length} drifts`);
  return drift;
};
const twoReplicas = changed(manifests, [
  /apiVersion: v1\nkind: Pod\nmetadata:\n {2}name: server-1[\s\S]*?ip: 10\.244\.0\.11\n(?=---)/,
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: server, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec:
      serviceAccountName: server
      containers: [{name: app, image: "app:1"}]
`,
]);

describe('a dump that means what the manifests say', () => {
  it('verifies data plane, mutual TLS and authorization', () => {
    const evidence = evidenceOf(manifests, dump);
    expect(proofs(evidence)).toEqual({ captured: 'verified', mtls: 'verified', authorization: 'verified' });
    expect(server(evidence).captured.why).toBe('loaded and captured, 1 of 1 replica');
    expect(evidence.drifts).toEqual([]);
    expect(evidence.strangers).toEqual([]);
  });

  it('also where its rules are written in another order, twice, or in other words', () => {
    const other = changedInbound((chains) => {
      for (const chain of chains)
        for (const { name, config } of rulesIn(chain)) {
          if (!name.includes('rbac')) continue;
          const rules = config.rules as { policies: Record<string, { permissions: unknown[]; principals: unknown[] }> };
          for (const [key, policy] of Object.entries(rules.policies ?? {})) {
            const copy = { permissions: [...policy.permissions], principals: [...policy.principals] };
            copy.principals = [...copy.principals, { not_id: { not_id: copy.principals[0] } }];
            copy.permissions = [...copy.permissions, ...copy.permissions].reverse();
            rules.policies = { 'ns[demo]-policy[only-a]-rule[7]': copy, [key]: policy };
          }
        }
    });
    expect(proofs(evidenceOf(manifests, other)).authorization).toBe('verified');
    expect(evidenceOf(manifests, other).drifts).toEqual([]);
  });

  it('proves less than all where a replica was not looked into', () => {
    const evidence = evidenceOf(twoReplicas, changed(dump, ['server-1', 'server-5d4f8-abcde']));
    expect(proofs(evidence)).toEqual({ captured: 'loaded', mtls: 'loaded', authorization: 'loaded' });
    expect(server(evidence).captured.why).toContain('1 of 2 replicas');
    const both = [changed(dump, ['server-1', 'server-5d4f8-abcde']), changed(dump, ['server-1', 'server-5d4f8-fghij'])];
    expect(proofs(evidenceOf(twoReplicas, ...both)).authorization).toBe('verified');
  });

  it('counts the same replica once', () => {
    const once = changed(dump, ['server-1', 'server-5d4f8-abcde']);
    expect(proofs(evidenceOf(twoReplicas, once, once)).captured).toBe('loaded');
  });

  it('is of nobody where no workload of the input is meant', () => {
    const evidence = evidenceOf(manifests, changed(dump, ['server-1', 'other-1'], [/"server"/g, '"other"']));
    expect(evidence.all).toEqual([]);
    expect(evidence.strangers).toEqual([expect.stringContaining('demo/other-1 is no pod of a workload')]);
  });

  it('makes facts verified, and leaves those of others as they were', () => {
    const facts = factsSeen(manifests, dump);
    const status = (name: string) => {
      const workload = facts.mesh.workloads.find((each) => each.name === name);
      if (!workload) throw new Error(name);
      return [
        workload.dataPlane.status,
        ...facts.ports(workload).map(({ mtls, authorization }) => `${mtls.status} ${authorization.status}`),
      ];
    };
    expect(status('server-1')).toEqual(['VERIFIED', 'VERIFIED VERIFIED']);
    expect(status('client-a-1')).toEqual(['INFERRED']);
  });
});

/** The manifests as a bundle keeps them. */
const bundled = (text: string): string =>
  readText(text, 'mesh')
    .objects.map(({ value }) => JSON.stringify(redactValue(value)))
    .join('\n---\n');

describe('values that were not kept of manifests', () => {
  const header = `{"header": {"name": "x-api-key", "string_match": {"exact": "k-1"}}},`;
  const keyed = changed(dump, [/"and_ids":\s*\{\s*"ids":\s*\[/g, `"and_ids": {"ids": [${header}`]);
  const withKey = changed(manifests, [
    '        - /ok/*\n',
    '        - /ok/*\n    when: [{key: "request.headers[x-api-key]", values: [k-1]}]\n',
  ]);

  it('are neither the same nor another for a dump that has them', () => {
    expect(proofs(evidenceOf(withKey, keyed)).authorization).toBe('verified');
    expect(bundled(withKey)).not.toContain('k-1');
    const evidence = evidenceOf(bundled(withKey), keyed);
    expect(evidence.drifts).toEqual([]);
    expect(proofs(evidence)).toEqual({ captured: 'verified', mtls: 'verified', authorization: 'open' });
    expect(server(evidence).ports.get(8080)?.policies.why).toBe('demo/only-a rests on a value that was not kept');
  });

  it('are no other JWT rule either', () => {
    const jwt = `
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: demo}
spec:
  selector: {matchLabels: {app: server}}
  jwtRules: [{issuer: a, jwks: '{"keys":[]}', fromHeaders: [{name: x-api-key, prefix: Secret-}]}]
`;
    const filter = {
      name: 'envoy.filters.http.jwt_authn',
      typed_config: {
        rules: [
          {
            requires: { requires_any: { requirements: [{ provider_name: 'origins-0' }, { allow_missing: {} }] } },
          },
        ],
        providers: { 'origins-0': { issuer: 'a', from_headers: [{ name: 'x-api-key', value_prefix: 'Secret-' }] } },
      },
    };
    const loaded = changedInbound((chains) => {
      for (const { filters } of chains)
        for (const { typed_config: config } of filters) config.http_filters?.unshift(filter);
    });
    expect(proofs(evidenceOf(manifests + jwt, loaded)).authorization).toBe('verified');
    const evidence = evidenceOf(bundled(manifests + jwt), loaded);
    expect(evidence.drifts).toEqual([]);
    expect(server(evidence).ports.get(8080)?.tokens).toEqual({
      state: 'open',
      why: 'a JWT rule rests on a value that was not kept',
    });
  });
});

describe('a dump that means something else', () => {
  it('shows a request that only the proxy lets through', () => {
    const drift = only(evidenceOf(manifests, changed(dump, ['sa/client-a"', 'sa/client-b"'])));
    expect(drift).toMatchObject({ kind: 'policies', port: 8080, looser: 'proxy' });
    expect(drift.what).toContain('its rules are others, under the same names');
    const witness = drift.witness && requestOf(drift.witness);
    expect(witness).toMatchObject({
      from: { principal: 'cluster.local/ns/demo/sa/client-b' },
      to: { workload: 'demo/server-1', port: 8080 },
      http: { method: 'GET' },
    });
  });

  it('is a drift too where the proxy is the stricter side', () => {
    const drift = only(evidenceOf(manifests, changed(dump, ['"prefix": "/ok/"', '"exact": "/ok/a"'])));
    expect(drift).toMatchObject({ kind: 'policies', looser: 'configuration' });
    expect(drift.witness && requestOf(drift.witness).http?.path).toMatch(/^\/ok\//);
  });

  it('names the policy that a proxy does not hold, and where it may be', () => {
    const without = changedInbound((chains) => {
      for (const chain of chains)
        for (const { name, config } of rulesIn(chain)) if (name.includes('rbac')) delete config.rules;
    });
    const evidence = evidenceOf(manifests, without);
    const drift = only(evidence);
    expect(drift.what).toContain('it holds nothing of demo/only-a');
    expect(drift.causes[0]).toContain('demo/only-a is not applied to the cluster');
    expect(drift.causes.at(-1)).toContain('stale');
    expect(proofs(evidence)).toMatchObject({ mtls: 'verified', authorization: 'contradicted' });
    expect(factsOfServer(without).authorization.status).toBe('UNKNOWN');
  });

  it('names a policy that only the proxy holds', () => {
    const other = changed(manifests, ['name: only-a', 'name: only-b'], ['sa/client-a\n', 'sa/client-b\n']);
    const drift = only(evidenceOf(other, dump));
    expect(drift.what).toContain('it holds demo/only-a, which the input does not attach');
    expect(drift.causes).toContainEqual(expect.stringContaining('demo/only-a is in the cluster and not in the input'));
  });

  it('compares the mode of mutual TLS, and what is seen holds', () => {
    const evidence = evidenceOf(changed(manifests, ['STRICT', 'PERMISSIVE']), dump);
    expect(only(evidence)).toMatchObject({ kind: 'mutual-tls', port: 8080, looser: 'configuration' });
    expect(server(evidence).ports.get(8080)?.holds).toBe('STRICT');
    const facts = factsSeen(changed(manifests, ['STRICT', 'PERMISSIVE']), dump);
    const [workload] = facts.mesh.workloads.filter(({ name }) => name === 'server-1');
    const [port] = workload ? facts.ports(workload) : [];
    expect(port?.mtls).toMatchObject({ mode: 'STRICT', status: 'UNKNOWN' });
  });

  it('compares whose certificates are taken', () => {
    const drift = only(
      evidenceOf(manifests, changed(dump, ['"prefix": "spiffe://cluster.local/"', '"prefix": "spiffe://other/"'])),
    );
    expect(drift).toMatchObject({ kind: 'mutual-tls' });
    expect(drift.what).toContain('for other');
  });

  it('compares JWT rules, even where no verdict changes', () => {
    const withRule = `${manifests}---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: demo}
spec: {jwtRules: [{issuer: "https://issuer.example", jwksUri: "https://issuer.example/keys"}]}
`;
    const drift = only(evidenceOf(withRule, dump));
    expect(drift).toMatchObject({ kind: 'tokens', port: 8080 });
    expect(drift.what).toBe('only the configuration has the JWT rule of issuer https://issuer.example');
  });

  it('says that configuration was rejected, and that nothing is in use', () => {
    const evidence = evidenceOf(manifests, sample('config_dump-nack.json'));
    expect(kinds(evidence)).toEqual(expect.arrayContaining(['rejected', 'not-captured']));
    expect(proofs(evidence)).toMatchObject({ captured: 'contradicted' });
    const [rejected] = evidence.drifts.filter(({ what }) => what.includes('virtualInbound'));
    expect(rejected?.what).toContain("Didn't find a registered implementation for 'istio.metadata_exchange'");
  });

  it('says what a rejected listener goes on with, and blames the rejection for the difference', () => {
    const stale = changedInbound((chains, listener) => {
      listener.error_state = { details: 'no such filter', last_update_attempt: '2026-11-23T21:00:00.000Z' };
      for (const chain of chains)
        for (const { name, config } of rulesIn(chain)) if (name.includes('rbac')) delete config.rules;
    });
    const { drifts } = evidenceOf(manifests, stale);
    expect(drifts.map(({ kind }) => kind)).toEqual(['rejected', 'policies']);
    expect(drifts[0]?.what).toContain('goes on with what it had before: no such filter');
    expect(drifts[1]?.causes[0]).toBe('Envoy rejected the newer configuration: no such filter');
  });

  it('names a version that is not that of the control plane, and labels that differ', () => {
    const other = changed(manifests, ['app: server\n    security', 'app: server\n    team: a\n    security']);
    const seen = changed(dump, ['sa/client-a"', 'sa/client-b"'], ['"app": "server"', '"app": "server", "team": "b"']);
    const drift = only(evidenceOf(other, seen));
    expect(drift.causes).toContainEqual(expect.stringContaining('team=b, not a'));
  });

  it('says that nothing is redirected to the proxy', () => {
    const evidence = evidenceOf(
      manifests,
      changed(dump, ['"INTERCEPTION_MODE": "REDIRECT"', '"INTERCEPTION_MODE": "NONE"']),
    );
    expect(kinds(evidence)).toEqual(['not-captured']);
    expect(proofs(evidence)).toEqual({ captured: 'contradicted', mtls: 'contradicted', authorization: 'contradicted' });
  });
});

describe('what is not read', () => {
  it('leaves the port open and names the filter; never verified, never a drift', () => {
    const evidence = evidenceOf(
      manifests,
      changed(dump, [/"name": "envoy.filters.http.fault"/g, '"name": "acme.gate"']),
    );
    expect(proofs(evidence)).toMatchObject({ mtls: 'verified', authorization: 'open' });
    expect(server(evidence).ports.get(8080)?.authorization.why).toContain('filter acme.gate');
    expect(evidence.drifts).toEqual([]);
  });

  it('names a matcher that istiod does not write', () => {
    const evidence = evidenceOf(manifests, changed(dump, [/"url_path": \{/g, '"sourced_metadata": {']));
    expect(server(evidence).ports.get(8080)?.authorization).toMatchObject({
      state: 'open',
      why: expect.stringContaining('sourced_metadata'),
    });
  });

  it('loses its force after a day, against the newest that was seen or the time given', () => {
    const [seen] = observed(dump);
    if (!seen) throw new Error('nothing seen');
    const aged = { ...seen, at: '2026-11-23T20:40:00Z' };
    const states = (now: string) => proofs(readEvidence(enforcementOf(manifests), [aged], new Date(now))).captured;
    expect(states('2026-11-24T20:39:00Z')).toBe('verified');
    expect(states('2026-11-24T20:41:00Z')).toBe('loaded');
  });
});

function factsOfServer(text: string) {
  const facts = factsSeen(manifests, text);
  const workload = facts.mesh.workloads.find(({ name }) => name === 'server-1');
  const [port] = workload ? facts.ports(workload) : [];
  if (!port) throw new Error('no port');
  return port;
}

/** Filters of a chain, of both layers. */
function rulesIn({ filters }: Parameters<Parameters<typeof changedInbound>[0]>[0][number]) {
  const inner = filters.flatMap(({ typed_config: { http_filters: list = [] } }) => list as typeof filters);
  return [...filters, ...inner].map(({ name, typed_config: config }) => ({ name, config }));
}
