import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import { type NetworkPolicy, networkPolicy } from '../../model/k8s/network-policy.ts';
import type { Unmodelled } from '../../model/resources.ts';
import { decideEgress, decideIngress } from './decide.ts';
import { egressAllowsAnywhere } from './external-egress.ts';
import type { NetworkPeer, NetworkPod } from './peer.ts';
import { buildIndex, isolation } from './policy-index.ts';

function np(id: string, spec: unknown, cluster = ''): NetworkPolicy {
  const [namespace = '', name = ''] = id.split('/');
  return {
    ...toResource(networkPolicy, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec,
    }),
    cluster,
  };
}

const pod = (namespace: string, labels = {}, more: Partial<NetworkPod> = {}): NetworkPod => ({
  cluster: '',
  namespace,
  labels,
  hostNetwork: false,
  ...more,
});

type PodPeer = Extract<NetworkPeer, { kind: 'pod' }>;
const peer = (namespace: string, more: Partial<PodPeer> = {}): PodPeer => ({
  kind: 'pod',
  cluster: '',
  namespace,
  namespaceLabels: {},
  podLabels: {},
  hostNetwork: false,
  ...more,
});

const web = pod('shop', { app: 'web' });
const denyAll = np('shop/deny-all', { podSelector: {} });
const ingress = (policies: readonly NetworkPolicy[], from: NetworkPeer, to = web, port = 8080) =>
  decideIngress(buildIndex(policies), from, to, port, 'TCP');
const egress = (policies: readonly NetworkPolicy[], to: NetworkPeer, from = web, port = 443) =>
  decideEgress(buildIndex(policies), from, to, port, 'TCP');
const admits = (...from: readonly unknown[]) => np('shop/admit', { podSelector: {}, ingress: [{ from }] });
const sendsTo = (...to: readonly unknown[]) =>
  np('shop/send', { podSelector: {}, policyTypes: ['Egress'], egress: [{ to }] });
const block = (cidr: string, ...except: readonly string[]) => ({
  ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) },
});

describe('decideIngress', () => {
  it('allows what no policy isolates, and names who isolates and who admits', () => {
    expect(ingress([np('other/deny', { podSelector: {} })], peer('a'))).toMatchObject({
      outcome: 'allow',
      by: null,
      isolatedBy: [],
    });
    expect(ingress([denyAll], peer('a'))).toMatchObject({
      outcome: 'deny',
      by: { policy: { name: 'deny-all' } },
      isolatedBy: [{ name: 'deny-all' }],
    });
    const both = ingress([denyAll, admits({ namespaceSelector: {} })], peer('a'));
    expect(both).toMatchObject({
      outcome: 'allow',
      by: { policy: { name: 'admit' }, rule: 0 },
      assumes: [],
      requires: [],
    });
    expect(both.isolatedBy).toHaveLength(2);
  });

  it('never selects host-network pods', () => {
    expect(ingress([denyAll], peer('a'), pod('shop', { app: 'web' }, { hostNetwork: true })).outcome).toBe('allow');
  });

  it('keeps clusters apart: selectors see only pods of the own one', () => {
    const away = admits({ namespaceSelector: {} });
    expect(ingress([away], peer('a', { cluster: 'west' })).outcome).toBe('deny');
    const inWest = np('shop/deny', { podSelector: {} }, 'west');
    expect(ingress([inWest], peer('a'), web).outcome).toBe('allow');
    expect(ingress([inWest], peer('a', { cluster: 'west' }), { ...web, cluster: 'west' }).outcome).toBe('deny');
  });

  it('knows the name label of a namespace that is not in the input, and no other', () => {
    const byName = admits({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'a' } } });
    expect(ingress([byName], peer('a', { namespaceLabels: null })).outcome).toBe('allow');
    expect(ingress([byName], peer('b', { namespaceLabels: null })).outcome).toBe('deny');
    const byTeam = admits({ namespaceSelector: { matchLabels: { team: 'red' } } });
    expect(ingress([byTeam], peer('a', { namespaceLabels: null }))).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('`a`'),
    });
    expect(ingress([byTeam], peer('a')).outcome).toBe('deny');
  });

  it('assumes that ipBlock covers pod addresses, and prefers a rule that needs no assumption', () => {
    const inPods = block('10.244.0.0/16', '10.244.9.0/24');
    expect(ingress([admits(inPods)], peer('a', { ip: '10.244.1.1' }))).toMatchObject({
      outcome: 'allow',
      assumes: ['the CNI applies ipBlock to pod addresses'],
    });
    expect(ingress([admits(inPods)], peer('a', { ip: '10.244.9.1' })).outcome).toBe('deny');
    expect(ingress([admits(inPods)], peer('a')).outcome).toBe('unknown');
    expect(ingress([admits(inPods, { namespaceSelector: {} })], peer('a', { ip: '10.244.1.1' })).assumes).toEqual([]);
    expect(ingress([admits(block('0.0.0.0/0'))], peer('a'))).toMatchObject({
      outcome: 'allow',
      assumes: [expect.any(String)],
    });
  });

  it('asks an external caller for an address of the block', () => {
    expect(ingress([admits(block('0.0.0.0/0'))], { kind: 'external' })).toMatchObject({
      outcome: 'allow',
      requires: [],
    });
    expect(ingress([admits(block('203.0.113.0/24', '203.0.113.9/32'))], { kind: 'external' })).toMatchObject({
      outcome: 'allow',
      requires: [{ kind: 'source-ip', ranges: ['203.0.113.0/24 except 203.0.113.9/32'] }],
    });
    expect(ingress([admits(block('2001:db8::/32'))], { kind: 'external', ip: '2001:db8::1' })).toMatchObject({
      outcome: 'allow',
      requires: [],
    });
    expect(ingress([admits(block('2001:db8::/32'))], { kind: 'external', ip: '203.0.113.9' }).outcome).toBe('deny');
    expect(ingress([admits({ podSelector: {} })], { kind: 'external' }).outcome).toBe('deny');
  });

  it('always admits the own node', () => {
    const node = ingress([denyAll], { kind: 'node' });
    expect(node).toMatchObject({
      outcome: 'allow',
      by: null,
      assumes: ['the caller runs on the node of the destination pod'],
    });
    expect(ingress([denyAll], { kind: 'node', sameNode: true })).toMatchObject({ outcome: 'allow', assumes: [] });
    expect(ingress([denyAll], { kind: 'node', sameNode: false }).outcome).toBe('deny');
    expect(ingress([admits({ namespaceSelector: {} })], peer('a', { hostNetwork: true })).assumes).toHaveLength(1);
    expect(
      ingress([admits(block('192.168.0.0/16'))], { kind: 'node', sameNode: false, ip: '192.168.1.1' }),
    ).toMatchObject({ outcome: 'allow', assumes: [] });
  });

  it('resolves named ports at the destination', () => {
    const named = np('shop/named', { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] });
    const ports = pod(
      'shop',
      {},
      { namedPorts: (name, transport) => (name === 'http' && transport === 'TCP' ? 8080 : undefined) },
    );
    expect(ingress([named], peer('a'), ports).outcome).toBe('allow');
    expect(ingress([named], peer('a'), ports, 8081).outcome).toBe('deny');
    expect(ingress([named], peer('a'), web).outcome).toBe('unknown');
  });

  it('is unknown where a kind that is not modelled acts', () => {
    const origin = denyAll.origin;
    const cilium = (namespace: string): Unmodelled => ({
      kind: 'CiliumNetworkPolicy',
      apiVersion: 'cilium.io/v2',
      cluster: '',
      namespace,
      name: 'c',
      origin,
      touches: 'network-policy',
      why: '',
    });
    const outcome = (object: Unmodelled) => decideIngress(buildIndex([denyAll], [object]), peer('a'), web, 80, 'TCP');
    expect(outcome(cilium('shop'))).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('CiliumNetworkPolicy shop/c'),
    });
    expect(outcome(cilium('')).outcome).toBe('unknown');
    expect(outcome(cilium('other')).outcome).toBe('deny');
    expect(outcome({ ...cilium('shop'), touches: 'ingress' }).outcome).toBe('deny');
  });
});

describe('decideEgress', () => {
  it('goes by the policies of the source', () => {
    expect(
      egress(
        [sendsTo({ namespaceSelector: { matchLabels: { tier: 'db' } } })],
        peer('a', { namespaceLabels: { tier: 'db' } }),
      ).outcome,
    ).toBe('allow');
    expect(egress([sendsTo({ podSelector: {} })], peer('a')).outcome).toBe('deny');
    expect(egress([sendsTo({ podSelector: {} })], peer('shop')).outcome).toBe('allow');
    expect(egress([denyAll], peer('a')).outcome).toBe('allow');
  });

  it('assumes the destination where an external address is not stated', () => {
    expect(egress([sendsTo(block('203.0.113.0/24'))], { kind: 'external' })).toMatchObject({
      outcome: 'allow',
      requires: [],
      assumes: ['the destination lies in 203.0.113.0/24'],
    });
  });

  it('gives ports outside the cluster no names', () => {
    const named = np('shop/named', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ ports: [{ port: 'https' }] }],
    });
    expect(egress([named], { kind: 'external', ip: '203.0.113.1' }).outcome).toBe('deny');
  });
});

describe('isolation', () => {
  const policies = [
    np('shop/both', { podSelector: { matchLabels: { app: 'web' } }, egress: [{}] }),
    np('shop/in', { podSelector: {}, ingress: [] }),
    np('shop/not-out', { podSelector: {}, egress: [] }),
  ];

  it('reads the defaults of policyTypes from the number of egress rules', () => {
    const names = isolation(buildIndex(policies), 'shop', { app: 'web' });
    expect(names.ingress.map(({ name }) => name)).toEqual(['both', 'in', 'not-out']);
    expect(names.egress.map(({ name }) => name)).toEqual(['both']);
    expect(isolation(buildIndex(policies), 'shop', {}).egress).toEqual([]);
    expect(isolation(buildIndex(policies), 'shop', {}, { hostNetwork: true }).ingress).toEqual([]);
  });

  it('does not depend on the order of the input', () => {
    const reversed = isolation(buildIndex([...policies].reverse()), 'shop', { app: 'web' });
    expect(reversed.ingress.map(({ name }) => name)).toEqual(['both', 'in', 'not-out']);
  });
});

describe('egressAllowsAnywhere', () => {
  const holesOf = (...policies: readonly NetworkPolicy[]) => egressAllowsAnywhere(buildIndex(policies), web);
  const out = (rule: unknown) => np('shop/out', { podSelector: {}, policyTypes: ['Egress'], egress: [rule] });

  it('is not restricted without an egress policy, nor on the host network', () => {
    expect(holesOf(denyAll)).toEqual({ restricted: false, by: [], holes: [], anywhere: 'all-ports' });
    const host = egressAllowsAnywhere(buildIndex([out({})]), { ...web, hostNetwork: true });
    expect(host.restricted).toBe(false);
  });

  it('is restricted without holes where rules name pods only', () => {
    expect(holesOf(out({ to: [{ namespaceSelector: {} }] }))).toMatchObject({
      restricted: true,
      holes: [],
      anywhere: 'no',
      by: [{ name: 'out' }],
    });
  });

  it.each([
    ['no condition', {}],
    ['all IPv4 addresses', { to: [block('0.0.0.0/0')] }],
    [
      'all but private ranges',
      { to: [block('0.0.0.0/0', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16')] },
    ],
    ['half of the internet', { to: [block('128.0.0.0/1')] }],
    ['a quarter of the internet', { to: [block('64.0.0.0/2')] }],
    ['all IPv6 addresses on all TCP ports', { to: [block('::/0')], ports: [{ port: 1, endPort: 65535 }] }],
  ])('is not restricted by %s', (_name, rule) => {
    const { restricted, anywhere, holes } = holesOf(out(rule));
    expect({ restricted, anywhere, holes: holes.length }).toEqual({
      restricted: false,
      anywhere: 'all-ports',
      holes: 1,
    });
  });

  it('is restricted by less than a quarter of the internet', () => {
    expect(holesOf(out({ to: [block('64.0.0.0/2', '64.0.0.0/32')] }))).toMatchObject({
      restricted: true,
      anywhere: 'no',
      holes: ['64.0.0.0/2 except 64.0.0.0/32 on any port (NetworkPolicy shop/out, egress rule 0)'],
    });
  });

  it('names the holes', () => {
    expect(holesOf(out({ ports: [{ port: 53, protocol: 'UDP' }, { port: 53 }] }))).toMatchObject({
      restricted: true,
      anywhere: 'some-ports',
      holes: ['any address on UDP 53, TCP 53 (NetworkPolicy shop/out, egress rule 0)'],
    });
    expect(
      holesOf(
        out({
          to: [block('203.0.113.0/24'), { podSelector: {} }],
          ports: [{ port: 8000, endPort: 8010 }, { protocol: 'UDP' }],
        }),
      ),
    ).toMatchObject({
      restricted: true,
      anywhere: 'no',
      holes: ['203.0.113.0/24 on TCP 8000-8010, any UDP port (NetworkPolicy shop/out, egress rule 0)'],
    });
  });
});
