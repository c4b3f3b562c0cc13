import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import type { Workload } from '../model/inventory/types.ts';
import { type Exit, egressFacts } from './egress.ts';
import type { Facts } from './facts.ts';

const OPERATOR = `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: mesh, namespace: istio-system }
spec:
  meshConfig:
    outboundTrafficPolicy:
      mode: REGISTRY_ONLY
---`;

const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---`;

function deployment(annotations: Record<string, string> = {}, securityContext: object = {}): string {
  const template = {
    metadata: { labels: { app: 'web' }, annotations },
    spec: { containers: [{ name: 'app', image: 'registry.example/web:1', securityContext }] },
  };
  const spec = { selector: { matchLabels: { app: 'web' } }, template };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec,
  });
}

function the(facts: Facts, name: string): Workload {
  const workload = facts.mesh.workloads.find((each) => each.name === name);
  if (!workload) throw new Error(`no workload ${name}`);
  return workload;
}

function exitsOf(annotations?: Record<string, string>, securityContext?: object): readonly Exit[] {
  const facts = factsOfText(`${NAMESPACE}\n${deployment(annotations, securityContext)}`, 'mesh.yaml');
  return egressFacts(facts).exitsOf(the(facts, 'web'));
}

describe('egressFacts', () => {
  it.each<[string, Record<string, string>, string, boolean]>([
    ['nothing', {}, 'udp', false],
    ['excluded ports', { 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' }, 'excluded', true],
    [
      'a list of what is captured',
      { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8' },
      'excluded',
      true,
    ],
    ['no interception', { 'sidecar.istio.io/interceptionMode': 'NONE' }, 'not-captured', true],
    ['an excluded interface', { 'traffic.sidecar.istio.io/excludeInterfaces': 'eth1' }, 'excluded', true],
  ])('finds the plainest way out with %s', (_name, annotations, kind, plain) => {
    expect(exitsOf(annotations)[0]).toMatchObject({ kind, plain });
  });

  it('names the annotation that opens a way', () => {
    const [exit] = exitsOf({ 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' });
    expect(exit?.by).toMatchObject({
      kind: 'Deployment',
      name: 'web',
      clause: 'traffic.sidecar.istio.io/excludeOutboundPorts',
    });
    expect(exit?.why).toBe('traffic to port 443 is excluded from capture');
  });

  it('knows containers that run as the proxy, or can undo the redirection', () => {
    expect(exitsOf({}, { runAsUser: 1337 })[0]).toMatchObject({ kind: 'proxy-uid', plain: true });
    expect(exitsOf({}, { capabilities: { add: ['NET_ADMIN'] } })[0]).toMatchObject({
      kind: 'rewrites-capture',
      plain: false,
    });
    expect(exitsOf({}, { privileged: true })[0]?.why).toBe(
      'container app is privileged and can remove the redirection',
    );
    expect(exitsOf({}, { capabilities: { add: ['CHOWN'] } })[0]?.kind).toBe('udp');
  });

  it('finds the object that holds the mesh config, set or not', () => {
    const set = factsOfText(`${OPERATOR}${NAMESPACE}\n${deployment()}`, 'mesh.yaml');
    expect(egressFacts(set).outboundOf(the(set, 'web'))).toMatchObject({
      mode: 'REGISTRY_ONLY',
      from: 'mesh-config',
      by: { kind: 'IstioOperator', namespace: 'istio-system', name: 'mesh', location: { line: 8 } },
      assumes: [],
    });
    const silent = factsOfText(
      `${OPERATOR.replace(/ {4}outbound[\s\S]*ONLY/, '    accessLogFile: /dev/stdout')}${NAMESPACE}\n${deployment()}`,
      'mesh.yaml',
    );
    expect(egressFacts(silent).outboundOf(the(silent, 'web'))).toMatchObject({
      mode: 'ALLOW_ANY',
      from: 'default',
      by: { kind: 'IstioOperator' },
      assumes: [],
    });
    const none = factsOfText(`${NAMESPACE}\n${deployment()}`, 'mesh.yaml');
    expect(egressFacts(none).outboundOf(the(none, 'web'))).toMatchObject({ mode: 'ALLOW_ANY', by: null });
    expect(egressFacts(none).outboundOf(the(none, 'web'))?.assumes).toEqual([
      "Istio's default ALLOW_ANY holds: no mesh config is in the input",
    ]);
    const stated = factsOfText(`${NAMESPACE}\n${deployment()}`, 'mesh.yaml', {}, { complete: ['mesh-config'] });
    expect(egressFacts(stated).outboundOf(the(stated, 'web'))?.assumes).toEqual([]);
  });

  it('knows that no NetworkPolicy selects a machine outside Kubernetes', () => {
    const policy =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: out, namespace: shop }\nspec: { podSelector: {}, policyTypes: [Egress] }\n';
    const machine =
      'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: { name: vm, namespace: shop }\nspec: { address: 192.0.2.7, serviceAccount: vm }\n';
    const facts = factsOfText(`${NAMESPACE}\n${deployment()}\n---\n${policy}---\n${machine}`, 'mesh.yaml');
    const { controlOf } = egressFacts(facts);
    expect(controlOf(the(facts, 'web'))).toMatchObject({
      state: 'restricted',
      assumes: ['the CNI enforces NetworkPolicy'],
    });
    expect(controlOf(the(facts, 'vm'))).toMatchObject({ state: 'none' });
  });
});
