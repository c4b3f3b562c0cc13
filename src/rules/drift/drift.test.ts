import { describe, expect, it } from 'vitest';
import { factsOfFixture } from '../../../test/judge-fixture.ts';
import { changed, factsSeen, sample } from '../../../test/seen-mesh.ts';
import { buildFindings } from '../../findings/build-findings.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Finding } from '../../result/types.ts';
import type { Rule } from '../rule.ts';
import { permissive } from '../mtls/permissive.ts';
import { mutualTls } from './mutual-tls.ts';
import { notCaptured } from './not-captured.ts';
import { policies } from './policies.ts';
import { rejected } from './rejected.ts';
import { serving } from './serving.ts';
import { tokens } from './tokens.ts';

const vulnerable = (rule: Rule): Facts =>
  factsOfFixture(new URL(`./${rule.meta.id.slice('drift/'.length)}/vulnerable.yaml`, import.meta.url));
const findings = (rule: Rule, facts = vulnerable(rule)): readonly Finding[] =>
  buildFindings(rule, rule.judge(facts), facts).findings;
function only(rule: Rule, facts?: Facts): Finding {
  const [finding, ...others] = findings(rule, facts);
  if (!finding || others.length > 0) throw new Error(`${others.length + 1} findings`);
  return finding;
}

describe('drift/policies', () => {
  it('shows a request that only the proxy lets through, and blames the policy that it does not hold', () => {
    const finding = only(policies);
    expect(finding).toMatchObject({
      status: 'VERIFIED',
      enforcement: 'no',
      severity: 'HIGH',
      title: 'the proxies of workload payments/ledger hold nothing of AuthorizationPolicy payments/checkout-only',
      subjects: [{ name: 'checkout-only' }, { name: 'ledger', port: 8080 }],
      witness: { to: { workload: 'payments/ledger', port: 8080 } },
    });
    expect(finding.scenario).toMatch(
      /Likely causes, the likeliest first: \(1\) payments\/checkout-only is not applied/,
    );
    expect(finding.evidence[0]).toMatchObject({
      source: { file: 'dump.json' },
      shows: expect.stringContaining('ledger-6c5f7-x2x4z'),
    });
    expect(finding.remediation.steps[0]).toContain('istioctl proxy-status ledger-6c5f7-x2x4z.payments');
  });

  it('is MEDIUM at least where the proxy is the stricter side, and of small things too', () => {
    const stricter = factsSeen(
      sample('manifests.yaml'),
      changed(sample('config_dump.json'), ['"prefix": "/ok/"', '"exact": "/ok/a"']),
    );
    const finding = only(policies, stricter);
    expect(finding.severity).toBe('MEDIUM');
    expect(finding.factors).toContain('what runs is not what is configured: MEDIUM at least');
    expect(finding.title).toBe(
      'the proxies of workload demo/server-1 refuse requests that the configured policies allow',
    );
    expect(finding.witness?.http?.path).toMatch(/^\/ok\//);
  });

  it('says nothing of workloads whose proxies nobody looked into', () => {
    const facts = factsSeen(sample('manifests.yaml'), sample('config_dump.json'));
    const outcomes = [...policies.judge(facts)].map(({ kind, subject }) => `${subject.name} ${kind}`);
    expect(outcomes).toEqual(['client-a-1 not-applicable', 'client-b-1 not-applicable', 'server-1 pass']);
  });
});

it('drift/mutual-tls: a proxy that takes plaintext under STRICT lets anybody in', () => {
  expect(only(mutualTls)).toMatchObject({
    title: 'the proxies of workload payments/ledger demand less mutual TLS than is configured',
    status: 'VERIFIED',
    factors: expect.arrayContaining([expect.stringContaining('reachable in plaintext')]),
  });
});

it('mtls/permissive leaves what a proxy holds against the configuration to drift/mutual-tls', () => {
  expect(findings(permissive, vulnerable(mutualTls))).toEqual([]);
});

it('drift/tokens: a rule that only the configuration has', () => {
  expect(only(tokens).scenario).toContain(
    'port 8080: only the configuration has the JWT rule of issuer https://issuer.example',
  );
});

it('drift/rejected: one reason is one finding, in the words of Envoy', () => {
  expect(only(rejected)).toMatchObject({
    title: 'the proxies of workload payments/ledger rejected configuration that istiod sent',
    scenario: expect.stringContaining("Didn't find a registered implementation for 'acme.gate'"),
  });
  const many = findings(rejected, factsSeen(sample('manifests.yaml'), sample('config_dump-nack.json')));
  expect(many.map(({ scenario }) => /with type URL: '([\w.]+)'/.exec(scenario ?? '')?.[1]).sort()).toEqual([
    'envoy.tcp.metadataexchange.config.MetadataExchange',
    'io.istio.http.peer_metadata.Config',
  ]);
});

it('drift/not-captured: nothing is redirected to the proxy', () => {
  expect(only(notCaptured)).toMatchObject({
    title: 'what is sent to workload payments/ledger does not pass its proxy',
    scenario: expect.stringContaining('interceptionMode NONE'),
  });
});

it('drift/serving: a gateway that asks for no certificate where one is configured, with a request from outside', () => {
  expect(only(serving)).toMatchObject({
    title: 'the proxies of workload ingress/gateway serve more, or ask for less, than is configured',
    status: 'VERIFIED',
    scenario: expect.stringContaining('port 8443: for `partners.example` the proxy ends TLS, asks for no certificate'),
    witness: {
      from: { internet: true },
      to: { gateway: 'ingress/gateway', port: 8443 },
      tls: { sni: 'partners.example' },
    },
  });
});
