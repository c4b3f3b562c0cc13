import { describe, expect, it } from 'vitest';
import { type Manifest, toResource } from '../../../test/read-vectors.ts';
import { adminNetworkPolicy } from '../../model/k8s/admin-network-policy.ts';
import { baselineAdminNetworkPolicy } from '../../model/k8s/baseline-admin-network-policy.ts';
import { clusterNetworkPolicy } from '../../model/k8s/cluster-network-policy.ts';
import { namespace as namespaceKind } from '../../model/k8s/namespace.ts';
import { networkPolicy } from '../../model/k8s/network-policy.ts';
import { node as nodeKind } from '../../model/k8s/node.ts';
import { indexAdminPolicies } from './admin-index.ts';
import { decideEgress, decideIngress } from './decide.ts';
import { egressAllowsAnywhere } from './external-egress.ts';
import type { NetworkPeer, NetworkPod, Transport } from './peer.ts';
import { buildIndex, type NetworkPolicyIndex } from './policy-index.ts';

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shop: { tier: 'gold' },
  lab: { tier: 'none' },
};

const manifest = (kind: string, name: string, spec: unknown, more = {}): Manifest => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind,
  metadata: { name, ...more },
  spec,
});

const anp = (name: string, priority: number, rules: object, subject: object = { namespaces: {} }) =>
  toResource(adminNetworkPolicy, manifest('AdminNetworkPolicy', name, { priority, subject, ...rules }));
const banp = (rules: object, subject: object = { namespaces: {} }) =>
  toResource(baselineAdminNetworkPolicy, manifest('BaselineAdminNetworkPolicy', 'default', { subject, ...rules }));
const cnp = (name: string, tier: string, priority: number, rules: object) =>
  toResource(
    clusterNetworkPolicy,
    manifest('ClusterNetworkPolicy', name, { tier, priority, subject: { namespaces: {} }, ...rules }),
  );
const np = (spec: object) =>
  toResource(networkPolicy, manifest('NetworkPolicy', 'own', { podSelector: {}, ...spec }, { namespace: 'shop' }));

interface Given {
  readonly admin?: readonly ReturnType<typeof anp>[];
  readonly baseline?: readonly ReturnType<typeof banp>[];
  readonly cluster?: readonly ReturnType<typeof cnp>[];
  readonly own?: readonly ReturnType<typeof np>[];
  readonly unknownNamespaces?: boolean;
}

function indexOf({ admin = [], baseline = [], cluster = [], own = [], unknownNamespaces }: Given): NetworkPolicyIndex {
  const namespaces = Object.entries(LABELS).map(([name, labels]) =>
    toResource(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }),
  );
  const worker = toResource(nodeKind, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { zone: 'a' } },
  });
  const nodes = [{ ...worker, status: { addresses: [{ type: 'InternalIP', address: '192.0.2.10' }] } }];
  const indexed = indexAdminPolicies({
    admin,
    baseline,
    cluster,
    namespaces: unknownNamespaces ? [] : namespaces,
    nodes,
  });
  return buildIndex(own, [], indexed);
}

const web: NetworkPod = {
  cluster: '',
  namespace: 'shop',
  labels: { app: 'web' },
  hostNetwork: false,
  namedPorts: (name, transport) => (name === 'http' && transport === 'TCP' ? 8080 : undefined),
};

type PodPeer = Extract<NetworkPeer, { kind: 'pod' }>;
const pod = (namespace: string, podLabels = {}, more: Partial<PodPeer> = {}): PodPeer => ({
  kind: 'pod',
  cluster: '',
  namespace,
  namespaceLabels: LABELS[namespace] ?? null,
  podLabels,
  hostNetwork: false,
  ...more,
});

const into = (given: Given, from: NetworkPeer = pod('lab'), port = 8080, transport: Transport = 'TCP', to = web) =>
  decideIngress(indexOf(given), from, to, port, transport);
const out = (given: Given, to: NetworkPeer, port = 443, transport: Transport = 'TCP') =>
  decideEgress(indexOf(given), web, to, port, transport);

const everyone = [{ namespaces: {} }];
const rule = (action: string, from: unknown = everyone, ports?: unknown) => ({
  ingress: [{ action, from, ...(ports ? { ports } : {}) }],
});
const sends = (action: string, to: unknown, ports?: unknown) => ({
  egress: [{ action, to, ...(ports ? { ports } : {}) }],
});
const isolate = np({});
const admit = np({ ingress: [{ from: [{ namespaceSelector: {} }] }] });

describe('the tiers, in their order', () => {
  const table: readonly (readonly [string, Given, 'allow' | 'deny' | 'unknown'])[] = [
    [
      'nothing isolates: an Allow elsewhere leaves the rest open',
      { admin: [anp('a', 1, rule('Allow', [{ namespaces: { matchLabels: { tier: 'gold' } } }]))] },
      'allow',
    ],
    ['Deny stops what NetworkPolicy admits', { admin: [anp('a', 1, rule('Deny'))], own: [admit] }, 'deny'],
    ['Allow admits what NetworkPolicy stops', { admin: [anp('a', 1, rule('Allow'))], own: [isolate] }, 'allow'],
    ['Pass leaves it to NetworkPolicy, which stops it', { admin: [anp('a', 1, rule('Pass'))], own: [isolate] }, 'deny'],
    [
      'Pass leaves it to NetworkPolicy, which admits it',
      { admin: [anp('a', 1, rule('Pass')), anp('b', 2, rule('Deny'))], own: [admit] },
      'allow',
    ],
    [
      'Pass skips the Deny of a later policy',
      { admin: [anp('a', 1, rule('Pass')), anp('b', 2, rule('Deny'))] },
      'allow',
    ],
    [
      'Pass leads on to the baseline',
      { admin: [anp('a', 1, rule('Pass')), anp('b', 2, rule('Allow'))], baseline: [banp(rule('Deny'))] },
      'deny',
    ],
    ['the lower number is asked first', { admin: [anp('a', 20, rule('Allow')), anp('b', 10, rule('Deny'))] }, 'deny'],
    [
      'the lower number is asked first, whatever the order of names',
      { admin: [anp('b', 20, rule('Deny')), anp('a', 10, rule('Allow'))] },
      'allow',
    ],
    ['priority 0 comes before 1', { admin: [anp('a', 1, rule('Deny')), anp('b', 0, rule('Allow'))] }, 'allow'],
    [
      'within a policy the order as written counts',
      {
        admin: [
          anp('a', 1, {
            ingress: [
              { action: 'Allow', from: everyone },
              { action: 'Deny', from: everyone },
            ],
          }),
        ],
      },
      'allow',
    ],
    ['the baseline stops where no NetworkPolicy isolates', { baseline: [banp(rule('Deny'))] }, 'deny'],
    ['a NetworkPolicy overrides the baseline', { baseline: [banp(rule('Deny'))], own: [admit] }, 'allow'],
    [
      'a NetworkPolicy that isolates is final: the baseline cannot admit',
      { baseline: [banp(rule('Allow'))], own: [isolate] },
      'deny',
    ],
    ['an egress rule says nothing about ingress', { admin: [anp('a', 1, sends('Deny', everyone))] }, 'allow'],
    [
      'what no rule matches is not isolated',
      {
        admin: [
          anp('a', 1, rule('Allow', [{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'x' } } } }])),
        ],
      },
      'allow',
    ],
    [
      'equal priority, opposite actions: undefined',
      { admin: [anp('a', 5, rule('Allow')), anp('b', 5, rule('Deny'))] },
      'unknown',
    ],
    [
      'equal priority, the same action: decided',
      { admin: [anp('a', 5, rule('Deny')), anp('b', 5, rule('Deny'))] },
      'deny',
    ],
    [
      'equal priority, different actions that come to the same',
      { admin: [anp('a', 5, rule('Allow')), anp('b', 5, rule('Pass'))], own: [admit] },
      'allow',
    ],
    [
      'equal priority, of which one matches',
      {
        admin: [
          anp('a', 5, rule('Allow', [{ namespaces: { matchLabels: { tier: 'gold' } } }])),
          anp('b', 5, rule('Deny')),
        ],
      },
      'deny',
    ],
    [
      'equal priority behind a policy that decides',
      { admin: [anp('c', 1, rule('Deny')), anp('a', 5, rule('Allow')), anp('b', 5, rule('Deny'))] },
      'deny',
    ],
    [
      'ClusterNetworkPolicy: Accept in the Admin tier',
      { cluster: [cnp('a', 'Admin', 1, rule('Accept'))], own: [isolate] },
      'allow',
    ],
    ['ClusterNetworkPolicy: Deny in the Baseline tier', { cluster: [cnp('a', 'Baseline', 1, rule('Deny'))] }, 'deny'],
    [
      'ClusterNetworkPolicy: priorities of tiers are apart',
      { cluster: [cnp('a', 'Baseline', 1, rule('Deny')), cnp('b', 'Admin', 900, rule('Accept'))] },
      'allow',
    ],
    [
      'ClusterNetworkPolicy: Pass in the Baseline tier leads to the default',
      { cluster: [cnp('a', 'Baseline', 1, rule('Pass')), cnp('b', 'Baseline', 2, rule('Deny'))] },
      'allow',
    ],
    [
      'both baseline kinds, of opposite words: undefined',
      { baseline: [banp(rule('Allow'))], cluster: [cnp('a', 'Baseline', 1, rule('Deny'))] },
      'unknown',
    ],
    [
      'both baseline kinds, of one word',
      { baseline: [banp(rule('Deny'))], cluster: [cnp('a', 'Baseline', 1, rule('Deny'))] },
      'deny',
    ],
  ];
  it.each(table)('%s', (_name, given, outcome) => {
    expect(into(given).outcome).toBe(outcome);
  });

  it('names the rule that decided, what it rests on, and both of a pair whose order is undefined', () => {
    expect(
      into({ admin: [anp('a', 1, { ingress: [{ name: 'stop', action: 'Deny', from: everyone }] })] }),
    ).toMatchObject({
      by: { policy: { kind: 'AdminNetworkPolicy', name: 'a' }, rule: 0 },
      assumes: ['the CNI implements AdminNetworkPolicy'],
      reason: 'ingress rule 0 (stop) of AdminNetworkPolicy a denies it',
    });
    // An Allow over what is open anyway rests on nothing.
    expect(into({ admin: [anp('a', 1, rule('Allow'))] }).assumes).toEqual([]);
    expect(into({ admin: [anp('a', 1, rule('Allow'))], own: [isolate] }).assumes).toEqual([
      'the CNI implements AdminNetworkPolicy',
    ]);
    expect(into({ admin: [anp('a', 5, rule('Allow')), anp('b', 5, rule('Deny'))] }).reason).toMatch(
      /AdminNetworkPolicy a and AdminNetworkPolicy b.*same priority/,
    );
    expect(into({ admin: [anp('a', 1, rule('Pass'))], own: [isolate] })).toMatchObject({
      by: { policy: { kind: 'NetworkPolicy', name: 'own' } },
      reason: expect.stringContaining('ingress rule 0 of AdminNetworkPolicy a leaves it to what comes next'),
    });
  });
});

describe('subjects', () => {
  const denies = (subject: object, to = web, given: Given = {}) =>
    into({ ...given, admin: [anp('a', 1, rule('Deny'), subject)] }, pod('lab'), 8080, 'TCP', to).outcome;

  it('select by namespace, or by namespace and pod', () => {
    expect(denies({ namespaces: { matchLabels: { tier: 'gold' } } })).toBe('deny');
    expect(denies({ namespaces: { matchLabels: { tier: 'none' } } })).toBe('allow');
    expect(denies({ namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } })).toBe('deny');
    const pods = (app: string) => ({ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app } } } });
    expect(denies(pods('web'))).toBe('deny');
    expect(denies(pods('db'))).toBe('allow');
  });

  it('never are host-network pods', () => {
    expect(denies({ namespaces: {} }, { ...web, hostNetwork: true })).toBe('allow');
  });

  it('are unclear where the labels of the namespace are not known', () => {
    const given = { unknownNamespaces: true };
    expect(denies({ namespaces: { matchLabels: { tier: 'gold' } } }, web, given)).toBe('unknown');
    expect(denies({ namespaces: {} }, web, given)).toBe('deny');
  });

  it('are those of the own cluster', () => {
    expect(denies({ namespaces: {} }, { ...web, cluster: 'west' })).toBe('allow');
  });
});

describe('peers', () => {
  const denies = (peer: object, from: NetworkPeer) =>
    into({ admin: [anp('a', 1, rule('Deny', [peer]))] }, from).outcome;

  it('are pods by namespace and label, never of the host network or of another cluster', () => {
    const lab = { namespaces: { matchLabels: { tier: 'none' } } };
    expect(denies(lab, pod('lab'))).toBe('deny');
    expect(denies(lab, pod('shop'))).toBe('allow');
    expect(denies(lab, pod('lab', {}, { hostNetwork: true }))).toBe('allow');
    expect(denies(lab, pod('lab', {}, { cluster: 'west' }))).toBe('allow');
    const bots = {
      pods: { namespaceSelector: {}, podSelector: { matchExpressions: [{ key: 'bot', operator: 'Exists' }] } },
    };
    expect(denies(bots, pod('lab', { bot: 'x' }))).toBe('deny');
    expect(denies(bots, pod('lab'))).toBe('allow');
  });

  it('are nobody outside the cluster and no node, for ingress', () => {
    expect(denies({ namespaces: {} }, { kind: 'external', ip: '203.0.113.1' })).toBe('allow');
    expect(denies({ namespaces: {} }, { kind: 'node' })).toBe('allow');
  });

  it('fail closed where their form is not known', () => {
    expect(denies({}, pod('shop'))).toBe('deny');
    expect(into({ admin: [anp('a', 1, rule('Pass', [{}]))] }).outcome).toBe('deny');
    expect(into({ admin: [anp('a', 1, rule('Allow', [{}]))], own: [isolate] }).outcome).toBe('deny');
  });

  it('are several: one is enough', () => {
    const peers = [
      { namespaces: { matchLabels: { tier: 'gold' } } },
      { namespaces: { matchLabels: { tier: 'none' } } },
    ];
    expect(into({ admin: [anp('a', 1, rule('Deny', peers))] }).outcome).toBe('deny');
  });
});

describe('egress peers', () => {
  const deny = (to: unknown, ports?: unknown): Given => ({ admin: [anp('a', 1, sends('Deny', to, ports))] });
  const allowThenDeny = (to: unknown): Given => ({
    admin: [
      anp('a', 1, {
        egress: [
          { action: 'Allow', to },
          { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
        ],
      }),
    ],
  });
  const outside = (ip?: string): NetworkPeer => (ip === undefined ? { kind: 'external' } : { kind: 'external', ip });

  it('networks cover addresses outside and of pods', () => {
    expect(out(deny([{ networks: ['198.51.100.0/24'] }]), outside('198.51.100.7')).outcome).toBe('deny');
    expect(out(deny([{ networks: ['198.51.100.0/24'] }]), outside('203.0.113.7')).outcome).toBe('allow');
    expect(out(deny([{ networks: ['10.0.0.0/8'] }]), pod('lab', {}, { ip: '10.1.2.3' }))).toMatchObject({
      outcome: 'deny',
      assumes: ['the CNI implements AdminNetworkPolicy'],
    });
    expect(out(deny([{ networks: ['10.0.0.0/8'] }]), pod('lab')).outcome).toBe('unknown');
    expect(out(deny([{ networks: ['0.0.0.0/0'] }]), pod('lab')).outcome).toBe('deny');
  });

  it('of an address that is not stated, one that passes is taken', () => {
    expect(out(deny([{ networks: ['198.51.100.0/24'] }]), outside())).toMatchObject({
      outcome: 'allow',
      assumes: ['the destination lies outside 198.51.100.0/24'],
    });
    expect(out(allowThenDeny([{ networks: ['198.51.100.0/24'] }]), outside())).toMatchObject({
      outcome: 'allow',
      assumes: ['the destination lies in 198.51.100.0/24'],
    });
    expect(out(deny([{ networks: ['0.0.0.0/0'] }]), outside()).outcome).toBe('deny');
  });

  it('nodes are known by their addresses', () => {
    const inA = deny([{ nodes: { matchLabels: { zone: 'a' } } }]);
    expect(out(inA, outside('192.0.2.10')).outcome).toBe('deny');
    expect(out(deny([{ nodes: { matchLabels: { zone: 'b' } } }]), outside('192.0.2.10')).outcome).toBe('allow');
    expect(out(inA, outside('192.0.2.99')).outcome).toBe('allow');
    expect(out(inA, pod('lab')).outcome).toBe('allow');
    expect(out(inA, pod('lab', {}, { hostNetwork: true })).outcome).toBe('unknown');
    expect(out(deny([{ nodes: {} }]), pod('lab', {}, { hostNetwork: true })).outcome).toBe('deny');
    expect(out(deny([{ nodes: {} }]), { kind: 'node' }).outcome).toBe('deny');
  });

  it('domain names admit addresses that are not in the input', () => {
    const given = allowThenDeny([{ domainNames: ['*.example.com'] }]);
    expect(out(given, outside('203.0.113.1'))).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('*.example.com'),
    });
    expect(out(given, outside())).toMatchObject({
      outcome: 'allow',
      assumes: ['the destination lies in the addresses of *.example.com'],
    });
    expect(out(given, pod('lab')).outcome).toBe('deny');
  });
});

describe('ports', () => {
  const on = (ports: unknown, port: number, transport: Transport = 'TCP') =>
    into({ admin: [anp('a', 1, rule('Deny', everyone, ports))] }, pod('lab'), port, transport).outcome;

  it.each<[string, unknown, number, Transport, string]>([
    ['a number', [{ portNumber: { protocol: 'TCP', port: 8080 } }], 8080, 'TCP', 'deny'],
    ['another number', [{ portNumber: { protocol: 'TCP', port: 8081 } }], 8080, 'TCP', 'allow'],
    ['another protocol', [{ portNumber: { protocol: 'UDP', port: 8080 } }], 8080, 'TCP', 'allow'],
    ['TCP where none is set', [{ portNumber: { port: 8080 } }], 8080, 'TCP', 'deny'],
    ['the start of a range', [{ portRange: { start: 8080, end: 8090 } }], 8080, 'TCP', 'deny'],
    ['the end of a range', [{ portRange: { start: 8000, end: 8080 } }], 8080, 'TCP', 'deny'],
    ['beside a range', [{ portRange: { start: 8000, end: 8079 } }], 8080, 'TCP', 'allow'],
    ['a name of the pod', [{ namedPort: 'http' }], 8080, 'TCP', 'deny'],
    ['a name of another port', [{ namedPort: 'http' }], 9090, 'TCP', 'allow'],
    ['a name of another protocol', [{ namedPort: 'http' }], 8080, 'UDP', 'allow'],
    ['a name the pod does not have', [{ namedPort: 'grpc' }], 8080, 'TCP', 'allow'],
    ['one of several', [{ portNumber: { port: 1 } }, { portNumber: { port: 8080 } }], 8080, 'TCP', 'deny'],
    ['no ports: all protocols', undefined, 53, 'UDP', 'deny'],
  ])('%s', (_name, ports, port, transport, outcome) => {
    expect(on(ports, port, transport)).toBe(outcome);
  });

  it.each<[string, unknown, number, Transport, string]>([
    ['a number', [{ tcp: { destinationPort: { number: 8080 } } }], 8080, 'TCP', 'deny'],
    ['a range', [{ udp: { destinationPort: { range: { start: 50, end: 60 } } } }], 53, 'UDP', 'deny'],
    ['beside it', [{ udp: { destinationPort: { range: { start: 50, end: 60 } } } }], 53, 'TCP', 'allow'],
    ['a whole protocol', [{ sctp: {} }], 7, 'SCTP', 'deny'],
    ['a name', [{ destinationNamedPort: 'http' }], 8080, 'TCP', 'deny'],
  ])('of ClusterNetworkPolicy: %s', (_name, protocols, port, transport, outcome) => {
    const rules = { ingress: [{ action: 'Deny', from: everyone, protocols }] };
    expect(into({ cluster: [cnp('c', 'Admin', 1, rules)] }, pod('lab'), port, transport).outcome).toBe(outcome);
  });
});

describe('addresses outside, as a whole', () => {
  const anywhere = (given: Given) => egressAllowsAnywhere(indexOf(given), web);
  const nothing = [{ networks: ['0.0.0.0/0', '::/0'] }];

  it('are closed by a Deny, and by a baseline only where no NetworkPolicy isolates', () => {
    expect(anywhere({ admin: [anp('a', 1, sends('Deny', nothing))] })).toMatchObject({
      anywhere: 'no',
      restricted: true,
    });
    expect(anywhere({ admin: [anp('a', 1, sends('Deny', [{ networks: ['0.0.0.0/0'] }]))] }).anywhere).toBe('all-ports');
    expect(anywhere({ baseline: [banp(sends('Deny', nothing))] }).anywhere).toBe('no');
    const own = [np({ policyTypes: ['Egress'], egress: [{}] })];
    expect(anywhere({ baseline: [banp(sends('Deny', nothing))], own }).anywhere).toBe('all-ports');
  });

  it('are opened by an Allow over a NetworkPolicy that closes them', () => {
    const own = [np({ policyTypes: ['Egress'] })];
    expect(anywhere({ own }).anywhere).toBe('no');
    const opened = anywhere({ admin: [anp('a', 1, sends('Allow', nothing))], own });
    expect(opened.anywhere).toBe('all-ports');
    expect(opened.by.map(({ kind }) => kind)).toEqual(['AdminNetworkPolicy', 'NetworkPolicy']);
    expect(opened.holes).toContain('0.0.0.0/0 on any port (AdminNetworkPolicy a, egress rule 0)');
  });

  it('are told apart by port', () => {
    const but443 = {
      egress: [
        { action: 'Allow', to: nothing, ports: [{ portNumber: { port: 443 } }] },
        { action: 'Deny', to: nothing },
      ],
    };
    expect(anywhere({ admin: [anp('a', 1, but443)] }).anywhere).toBe('some-ports');
  });

  it('are left to NetworkPolicy by a Pass', () => {
    const passes = { admin: [anp('a', 1, sends('Pass', nothing)), anp('b', 2, sends('Deny', nothing))] };
    expect(anywhere(passes).anywhere).toBe('all-ports');
    expect(anywhere({ ...passes, own: [np({ policyTypes: ['Egress'] })] }).anywhere).toBe('no');
  });
});

describe('what is said', () => {
  it('where the order of policies is not defined: every answer, the same whichever comes first in the input', () => {
    const policies = [anp('b', 1, rule('Deny')), anp('a', 1, rule('Allow')), anp('c', 1, rule('Deny'))];
    for (const admin of [policies, [...policies].reverse()]) {
      expect(into({ admin })).toMatchObject({
        outcome: 'unknown',
        reason:
          'it depends on AdminNetworkPolicy a and AdminNetworkPolicy b and AdminNetworkPolicy c, which have the same ' +
          'priority, so that their order is undefined: allow, ingress rule 0 of AdminNetworkPolicy a admits it; or ' +
          'deny, ingress rule 0 of AdminNetworkPolicy b denies it; or deny, ingress rule 0 of AdminNetworkPolicy c denies it',
      });
    }
    const agreeing = into({ admin: [anp('a', 1, rule('Deny')), anp('b', 1, rule('Deny'))] });
    expect(agreeing).toMatchObject({
      outcome: 'deny',
      assumes: ['the CNI implements AdminNetworkPolicy'],
      reason: 'ingress rule 0 of AdminNetworkPolicy a denies it',
    });
  });

  it('of a rule that has a name, and of one that leaves it to the next', () => {
    const named = { ingress: [{ name: 'keep-out', action: 'Deny', from: everyone }] };
    expect(into({ admin: [anp('a', 1, named)] }).reason).toBe(
      'ingress rule 0 (keep-out) of AdminNetworkPolicy a denies it',
    );
    expect(into({ admin: [anp('a', 1, rule('Pass'))] })).toMatchObject({
      outcome: 'allow',
      by: null,
      reason:
        'ingress rule 0 of AdminNetworkPolicy a leaves it to what comes next: no NetworkPolicy isolates the pod for ingress',
    });
  });

  it('of an Allow, whether NetworkPolicy would refuse without it', () => {
    const admin = [anp('a', 1, rule('Allow'))];
    expect(into({ admin }).assumes).toEqual([]);
    expect(into({ admin, own: [np({})] }).assumes).toEqual(['the CNI implements AdminNetworkPolicy']);
  });

  it('of labels that are not in the input: what would follow either way', () => {
    const gold = [{ namespaces: { matchLabels: { tier: 'none' } } }];
    const unclear: NetworkPeer = { ...pod('lab'), namespaceLabels: null } as NetworkPeer;
    expect(into({ admin: [anp('a', 1, rule('Deny', gold))] }, unclear)).toMatchObject({
      outcome: 'unknown',
      reason:
        'ingress rule 0 of AdminNetworkPolicy a may match: the labels of namespace `lab` are not in the input; ' +
        'if so: deny, if not: allow, no NetworkPolicy isolates the pod for ingress',
    });
    expect(into({ admin: [anp('a', 1, rule('Allow', gold))] }, unclear).outcome).toBe('allow');
  });
});
