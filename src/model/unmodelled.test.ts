import { describe, expect, it } from 'vitest';
import { readText } from '../collect/read-text.ts';
import { decodeObjects } from './decode.ts';
import { KINDS } from './kinds.ts';
import { findTouch } from './unmodelled.ts';

describe('kinds that matter and are not modelled', () => {
  it.each([
    ['cilium.io', 'CiliumNetworkPolicy', 'network-policy'],
    ['cilium.io', 'CiliumClusterwideNetworkPolicy', 'network-policy'],
    ['crd.projectcalico.org', 'NetworkPolicy', 'network-policy'],
    ['projectcalico.org', 'GlobalNetworkPolicy', 'network-policy'],
    ['crd.antrea.io', 'ClusterNetworkPolicy', 'network-policy'],
    ['route.openshift.io', 'Route', 'ingress'],
    ['traefik.io', 'IngressRouteTCP', 'ingress'],
    ['projectcontour.io', 'HTTPProxy', 'ingress'],
    ['configuration.konghq.com', 'TCPIngress', 'ingress'],
    ['k8s.nginx.org', 'VirtualServer', 'ingress'],
    ['serving.knative.dev', 'Service', 'ingress'],
    ['maistra.io', 'ServiceMeshControlPlane', 'mesh'],
    ['policy.linkerd.io', 'AuthorizationPolicy', 'authorization'],
    ['rbac.istio.io', 'ServiceRole', 'authorization'],
  ])('%s %s touches %s', (group, kind, touches) => {
    expect(findTouch(group, kind)).toMatchObject({ touches });
    expect(findTouch(group, kind)?.why).toMatch(/^\S.*[^.]$/);
  });

  it.each([
    ['policy', 'PodDisruptionBudget'],
    ['apps', 'ControllerRevision'],
    ['cert-manager.io', 'Certificate'],
    ['traefik.io', 'Middleware'],
    ['', 'Secret'],
  ])('%s %s does not matter', (group, kind) => {
    expect(findTouch(group, kind)).toBeUndefined();
  });

  it('are none that the catalogue has', () => {
    expect(KINDS.filter(({ group, kind }) => findTouch(group, kind)).map(({ name }) => name)).toEqual([]);
  });

  it('are kept with their place, apart from namesakes that are modelled', () => {
    const { resources, diagnostics } = decodeObjects(
      readText(
        `apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: { name: deny }
spec: { selector: all() }
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: { name: egress }
`,
        'cni.yaml',
      ).objects,
      { defaultNamespace: 'shop' },
    );
    expect(diagnostics.map(({ line, message }) => [line, message.split(':')[0]])).toEqual([
      [1, 'NetworkPolicy `shop/deny` is not modelled'],
      [6, 'CiliumClusterwideNetworkPolicy `egress` is not modelled'],
    ]);
    expect(resources.of('NetworkPolicy')).toEqual([]);
    expect(resources.counts).toEqual({ CiliumClusterwideNetworkPolicy: 1, 'NetworkPolicy.projectcalico.org': 1 });
    expect(resources.unmodelled.map(({ namespace, name, origin }) => [namespace, name, origin.line])).toEqual([
      ['shop', 'deny', 1],
      ['', 'egress', 6],
    ]);
  });
});

describe('the catalogue', () => {
  it('has each name and each kind of a group once', () => {
    expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length);
    expect(new Set(KINDS.map(({ group, kind }) => `${group}/${kind}`)).size).toBe(KINDS.length);
  });
});
