import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges, changesIn } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import type { Facts } from '../../graph/facts.ts';
import type { StatedFlow } from '../../graph/wanted.ts';
import type { CauseGroup, Explanation, Fail } from '../rule.ts';
import { registryOnlyAlone } from './registry-only-alone.ts';

const url = (name: string) => new URL(`./registry-only-alone/${name}.yaml`, import.meta.url);
const textOf = (name: string) => readFileSync(url(name), 'utf8');

const failing = (facts: Facts): readonly Fail[] =>
  [...registryOnlyAlone.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, causeKey: string): Explanation {
  const fails = failing(facts).filter((fail) => fail.causeKey === causeKey);
  const group: CauseGroup = { cause: fails[0]?.cause ?? null, causeKey, fails };
  return registryOnlyAlone.explain(group, facts);
}

describe('egress/registry-only-alone', () => {
  it('fails a workload that nothing but REGISTRY_ONLY restricts, at the setting', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(registryOnlyAlone, facts)).toEqual(['shop/web — ConfigMap istio-system/istio:14']);
    const [fail] = failing(facts);
    // It takes UDP, or the proxy's own user: the proxy does stop the rest.
    expect(fail?.factors.requires).toEqual(['a way past its own proxy']);
    expect(fail?.factors.entry).toBe('plaintext');
  });

  it('passes the hardened mesh, where the gateway is no subject', () => {
    expect(countOutcomes(registryOnlyAlone, factsOfFixture(url('hardened')))).toEqual({
      fail: 0,
      pass: 1,
      'not-applicable': 1,
    });
  });

  it('tells every way past it, and where the network holds whatever the proxy does', () => {
    const facts = factsOfFixture(url('edge-ways-out'));
    expect(failsOf(registryOnlyAlone, facts)).toEqual([
      'drift/floating — ConfigMap istio-system/istio:14',
      'held/wide — NetworkPolicy held/web-anywhere:190',
      'shop/as-proxy — ConfigMap istio-system/istio:14',
      'shop/excluded — ConfigMap istio-system/istio:14',
      'shop/on-host — DaemonSet shop/on-host:99',
      'shop/opted-out — outside the mesh',
      'shop/plain — ConfigMap istio-system/istio:14',
    ]);
    const shown = (name: string) =>
      failing(facts)
        .find(({ subject }) => subject.name === name)
        ?.evidence.map(({ shows }) => shows);
    expect(shown('excluded')).toContain('shop/excluded: traffic to 0.0.0.0/0 is excluded from capture');
    expect(shown('as-proxy')).toContain(
      'shop/as-proxy: container app runs as uid 1337, whose traffic is never redirected',
    );
    expect(shown('floating')?.join()).toContain('ztunnel does not know REGISTRY_ONLY');
    expect(shown('wide')?.join()).toContain('0.0.0.0/0 except 10.0.0.0/8 on TCP 443');
    const skipped = [...registryOnlyAlone.judge(facts)].flatMap((each) =>
      each.kind === 'not-applicable' ? [`${each.subject.name}: ${each.why}`] : [],
    );
    expect(skipped).toEqual([
      'istiod: part of the platform, outside the mesh by design',
      'front-istio: a gateway sends where its routes say: no outbound policy governs it',
      'open-again: its mode is ALLOW_ANY: see egress/allow-any',
    ]);
  });

  it('needs no trick where traffic is not captured, and says so in severity', () => {
    const requires = new Map(
      failing(factsOfFixture(url('edge-ways-out'))).map(({ subject, factors }) => [subject.name, factors.requires]),
    );
    expect(requires.get('plain')).toEqual(['a way past its own proxy']);
    for (const name of ['excluded', 'as-proxy', 'floating', 'opted-out', 'on-host'])
      expect(requires.get(name)).toEqual([]);
  });

  it('is not applicable where nothing sets REGISTRY_ONLY', () => {
    const facts = factsOfText(textOf('vulnerable').replace('mode: REGISTRY_ONLY', 'mode: ALLOW_ANY'), 'mesh.yaml');
    expect(countOutcomes(registryOnlyAlone, facts)).toEqual({ fail: 0, pass: 0, 'not-applicable': 1 });
  });

  it('does not count a NetworkPolicy that the CNI ignores', () => {
    const facts = factsOfFixture(url('hardened'), {}, { cni: 'ignores-network-policy' });
    expect(failsOf(registryOnlyAlone, facts)).toEqual(['shop/web — ConfigMap istio-system/istio:14']);
    expect(explain(facts, 'no egress NetworkPolicy').remediation.steps.join()).toContain('this CNI does not enforce');
  });

  it('is unknown where an object that is not modelled may restrict egress', () => {
    const cilium =
      'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: out, namespace: shop }\nspec: {}\n';
    const [fail] = failing(factsOfText(`${textOf('vulnerable')}---\n${cilium}`, 'mesh.yaml'));
    expect(fail?.status).toBe('UNKNOWN');
    expect(fail?.assumes).toContain('CiliumNetworkPolicy shop/out does not keep it from addresses outside');
  });

  it('proposes all three together, after which the rule passes', () => {
    const facts = factsOfFixture(url('vulnerable'));
    const { title, remediation } = explain(facts, 'no egress NetworkPolicy');
    expect(title).toBe(
      'REGISTRY_ONLY (ConfigMap istio-system/istio) is all that restricts what workload shop/web can call: no NetworkPolicy is in place',
    );
    const kinds = changesIn(remediation.changes).map((change) => change.split(' ')[1]);
    for (const kind of ['ServiceEntry', 'Gateway', 'VirtualService', 'Deployment', 'NetworkPolicy'])
      expect(kinds).toContain(kind);
    const after = factsOfText(applyChanges(textOf('vulnerable'), remediation.changes), 'after.yaml');
    expect(countOutcomes(registryOnlyAlone, after)).toEqual({ fail: 0, pass: 1, 'not-applicable': 1 });
    const entry = after.mesh.resources.find('ServiceEntry', 'shop', 'card-processor');
    expect(entry?.spec.exportTo).toEqual(['.', 'istio-egress']);
    const policy = after.mesh.resources.find('NetworkPolicy', 'shop', 'restrict-egress');
    expect(JSON.stringify(policy?.spec.egress)).toMatch(/"port":53.*"port":15012.*"port":15008/);
  });

  it('cuts down a policy that is too wide instead of adding one beside it', () => {
    const facts = factsOfFixture(url('edge-ways-out'));
    const { title, remediation, scenario } = explain(facts, 'NetworkPolicy too wide');
    expect(title).toContain('NetworkPolicy held/web-anywhere admits any address outside');
    expect(scenario).toContain('The network lets it pass where NetworkPolicy held/web-anywhere admits');
    expect(changesIn(remediation.changes)).toEqual(['edit NetworkPolicy held/web-anywhere']);
    const after = factsOfText(applyChanges(textOf('edge-ways-out'), remediation.changes), 'after.yaml');
    expect(failsOf(registryOnlyAlone, after).some((row) => row.startsWith('held/'))).toBe(false);
  });

  it('restricts ambient and unmeshed workloads by NetworkPolicy, and keeps what a gateway beside them may do', () => {
    const text = textOf('edge-ways-out');
    const facts = factsOfText(text, 'mesh.yaml');
    const keys = ['ztunnel does not know it', 'outside the mesh', 'no egress NetworkPolicy'];
    const changes = keys.flatMap((key) => explain(facts, key).remediation.changes);
    const after = factsOfText(applyChanges(text, changes), 'after.yaml');
    expect(failsOf(registryOnlyAlone, after)).toEqual([
      expect.stringMatching(/^held\/wide — NetworkPolicy held\/web-anywhere:/),
      expect.stringMatching(/^shop\/on-host — DaemonSet shop\/on-host:/),
    ]);
    const kept = after.mesh.resources.find('NetworkPolicy', 'shop', 'keep-egress-of-front-istio');
    expect(kept?.spec.podSelector).toEqual({ matchLabels: { 'gateway.networking.k8s.io/gateway-name': 'front' } });
  });

  it('takes a workload off the host network, since no policy selects it there', () => {
    const text = textOf('edge-ways-out');
    const { remediation, title } = explain(factsOfText(text, 'mesh.yaml'), 'host network');
    expect(title).toBe(
      'DaemonSet shop/on-host uses the host network, where neither REGISTRY_ONLY nor NetworkPolicy reaches it',
    );
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(after.mesh.workloads.find(({ name }) => name === 'on-host')?.dataPlane.kind).toBe('sidecar');
  });

  it('names wanted calls that the new policies would stop, and counts those that still pass', () => {
    const other =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ledger, namespace: shop }\nspec:\n  selector: { matchLabels: { app: ledger } }\n  template:\n    metadata: { labels: { app: ledger } }\n    spec:\n      containers: [{ name: ledger, image: registry.example/ledger:1, ports: [{ containerPort: 9000 }] }]\n';
    const host = other
      .replaceAll('ledger', 'agent')
      .replace('spec:\n      containers', 'spec:\n      hostNetwork: true\n      containers');
    const wanted: StatedFlow[] = [
      { from: 'shop/web', to: 'shop/ledger:9000' },
      { from: 'shop/web', to: 'shop/agent:9000' },
    ];
    const facts = factsOfText(`${textOf('vulnerable')}---\n${other}---\n${host}`, 'mesh.yaml', { wanted });
    const { steps } = explain(facts, 'no egress NetworkPolicy').remediation;
    expect(steps).toContain('1 of 2 wanted calls of these workloads still pass the NetworkPolicies');
    expect(steps).toContain('would break: shop/web → shop/agent:9000');
  });
});
