import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import {
  type Manifest,
  meshConfig,
  meshText,
  namespace,
  policy,
  selecting,
  workload,
} from '../../../test/small-mesh.ts';
import { compareMeshes } from './compare.ts';

const MESH: readonly Manifest[] = [
  namespace('shop'),
  namespace('ops', { 'istio-injection': 'enabled', team: 'ops' }),
  ...workload('shop', 'api', { ports: { http: 8080, tcp: 9000 } }),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('ops', 'batch'),
];

type Rule = Manifest;
const principal = (name: string): string => `cluster.local/ns/${name.replace('/', '/sa/')}`;
const from = (...names: string[]): Rule => ({ from: [{ source: { principals: names.map(principal) } }] });
const to = (operation: Manifest): Rule => ({ to: [{ operation }] });
const ap = (name: string, action: string, rules: readonly Rule[], spec: Manifest = selecting('api')): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...spec, action, rules });
const allow = (...rules: Rule[]): Manifest => ap('allow', 'ALLOW', rules);
const deny = (...rules: Rule[]): Manifest => ap('deny', 'DENY', rules);
const pa = (mode: string, spec: Manifest = {}, place = 'shop'): Manifest =>
  policy('PeerAuthentication', place, 'default', { ...spec, mtls: { mode } });
const ra = (spec: Manifest): Manifest =>
  policy('RequestAuthentication', 'shop', 'jwt', { ...selecting('api'), ...spec });
const np = (spec: Manifest): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'np', namespace: 'shop' },
  spec,
});
const STRICT = pa('STRICT');
const RAW: Manifest = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'raw', namespace: 'shop' },
  spec: {
    configPatches: [
      {
        applyTo: 'FILTER_CHAIN',
        match: { context: 'SIDECAR_INBOUND' },
        patch: { operation: 'MERGE', value: { transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } } },
      },
    ],
  },
};
const LOGIN = ra({ jwtRules: [{ issuer: 'https://a' }] });
const app = (name: string): Manifest => ({ podSelector: { matchLabels: { app: name } } });
const GET_A = to({ methods: ['GET'], paths: ['/a'] });
const both = (rule: Rule, more: Rule): Rule => ({ ...rule, ...more });

/** What a change does, seen from the reader: `same` means that not one request changes its verdict. */
const PAIRS: readonly (readonly [
  string,
  readonly Manifest[],
  readonly Manifest[],
  'same' | 'opens' | 'closes' | 'both',
])[] = [
  ['nothing at all', [allow(GET_A)], [allow(GET_A)], 'same'],
  ['an EnvoyFilter that may take mutual TLS away', [STRICT], [STRICT, RAW], 'both'],
  ['the same, where plaintext passes as it is and handshakes may end', [allow(GET_A)], [allow(GET_A), RAW], 'closes'],
  ['a policy gets another name', [allow(GET_A)], [ap('other', 'ALLOW', [GET_A])], 'same'],
  ['rules change places', [allow(GET_A, from('shop/web'))], [allow(from('shop/web'), GET_A)], 'same'],
  ['policies change places', [allow(GET_A), deny(from('ops/batch'))], [deny(from('ops/batch')), allow(GET_A)], 'same'],
  [
    'a rule is split in two policies',
    [allow(GET_A, from('shop/web'))],
    [allow(GET_A), ap('more', 'ALLOW', [from('shop/web')])],
    'same',
  ],
  [
    'two values become two rules',
    [allow(to({ paths: ['/a', '/b'] }))],
    [allow(to({ paths: ['/a'] }), to({ paths: ['/b'] }))],
    'same',
  ],
  [
    'two values become two operations',
    [allow(to({ methods: ['GET', 'POST'] }))],
    [allow({ to: [{ operation: { methods: ['GET'] } }, { operation: { methods: ['POST'] } }] })],
    'same',
  ],
  ['a value repeated', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a', '/a'] }))], 'same'],
  ['a value inside another', [allow(to({ paths: ['/a*'] }))], [allow(to({ paths: ['/a*', '/a/b', '/ab*'] }))], 'same'],
  [
    'a rule inside another',
    [allow(to({ paths: ['/a*'] }))],
    [allow(to({ paths: ['/a*'] }), both(from('shop/web'), to({ paths: ['/a/b'] })))],
    'same',
  ],
  ['hosts in other case', [allow(to({ hosts: ['api.shop'] }))], [allow(to({ hosts: ['API.shop'] }))], 'same'],
  [
    'the default action written out',
    [policy('AuthorizationPolicy', 'shop', 'allow', { ...selecting('api'), rules: [GET_A] })],
    [allow(GET_A)],
    'same',
  ],
  [
    'a condition written as `from`',
    [allow({ when: [{ key: 'source.namespace', values: ['shop'] }] })],
    [allow({ from: [{ source: { namespaces: ['shop'] } }] })],
    'same',
  ],
  [
    'a port written as a condition',
    [allow(to({ ports: ['8080'] }))],
    [allow({ when: [{ key: 'destination.port', values: ['8080'] }] })],
    'same',
  ],
  [
    'an account instead of its principal, in one trust domain',
    [STRICT, allow(from('shop/web'))],
    [STRICT, allow({ from: [{ source: { serviceAccounts: ['shop/web'] } }] })],
    'same',
  ],
  [
    'a DENY of what nobody allows',
    [allow(GET_A)],
    [allow(GET_A), deny(to({ paths: ['/b'], ports: ['8080'] }))],
    'same',
  ],
  [
    'a second DENY of the same',
    [deny(from('ops/batch'))],
    [deny(from('ops/batch')), ap('again', 'DENY', [from('ops/batch')])],
    'same',
  ],
  [
    'a narrower DENY beside a wider one',
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }))],
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }), to({ paths: ['/admin/x'], ports: ['8080'] }))],
    'same',
  ],
  ['AUDIT decides nothing', [allow(GET_A)], [allow(GET_A), ap('audit', 'AUDIT', [{}])], 'same'],
  [
    'a dry run decides nothing',
    [allow(GET_A)],
    [
      allow(GET_A),
      policy(
        'AuthorizationPolicy',
        'shop',
        'dry',
        { ...selecting('api'), action: 'DENY', rules: [{}] },
        { annotations: { 'istio.io/dry-run': 'true' } },
      ),
    ],
    'same',
  ],
  [
    'a policy for pods that are not there',
    [allow(GET_A)],
    [allow(GET_A), ap('gone', 'ALLOW', [{}], selecting('gone'))],
    'same',
  ],
  [
    'STRICT for the mesh and for the namespace',
    [STRICT, pa('STRICT', {}, 'istio-system')],
    [pa('STRICT', {}, 'istio-system')],
    'same',
  ],
  ['PERMISSIVE written out', [], [pa('PERMISSIVE')], 'same'],
  ['a path template that says the same', [allow(to({ paths: ['/a/*'] }))], [allow(to({ paths: ['/a/{**}'] }))], 'same'],
  [
    'DENY of all but some is ALLOW of some',
    [STRICT, allow(from('shop/web'))],
    [STRICT, ap('deny', 'DENY', [{ from: [{ source: { notPrincipals: [principal('shop/web')] } }] }])],
    'same',
  ],
  [
    'requestPrincipals `*` or DENY without',
    [LOGIN, allow(both({ from: [{ source: { requestPrincipals: ['*'] } }] }, to({ ports: ['8080'] })))],
    [
      LOGIN,
      allow(to({ ports: ['8080'] })),
      deny(both({ from: [{ source: { notRequestPrincipals: ['*'] } }] }, to({ ports: ['8080'] }))),
    ],
    'same',
  ],
  ['a NetworkPolicy that lets all in', [], [np({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })], 'same'],
  [
    'policyTypes written out',
    [np({ podSelector: {}, ingress: [{ from: [app('web')] }] })],
    [np({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [app('web')] }] })],
    'same',
  ],
  ['another rule allows more', [allow(GET_A)], [allow(GET_A, to({ paths: ['/b'] }))], 'opens'],
  ['a wider path', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a*'] }))], 'opens'],
  ['a trailing slash more', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a', '/a/'] }))], 'opens'],
  ['another caller', [STRICT, allow(from('shop/web'))], [STRICT, allow(from('shop/web', 'ops/batch'))], 'opens'],
  ['the only ALLOW is gone', [allow(GET_A)], [], 'opens'],
  ['a DENY is gone', [deny(to({ paths: ['/admin'], ports: ['8080'] }))], [], 'opens'],
  [
    'a DENY with an exception',
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }))],
    [deny(to({ paths: ['/admin*'], notPaths: ['/admin/ok'], ports: ['8080'] }))],
    'opens',
  ],
  ['STRICT is gone', [STRICT], [], 'opens'],
  [
    'one port PERMISSIVE',
    [STRICT],
    [
      STRICT,
      policy('PeerAuthentication', 'shop', 'port', {
        ...selecting('api'),
        mtls: { mode: 'STRICT' },
        portLevelMtls: { 8080: { mode: 'PERMISSIVE' } },
      }),
    ],
    'opens',
  ],
  [
    'an enforced policy becomes a dry run',
    [allow(GET_A)],
    [
      policy(
        'AuthorizationPolicy',
        'shop',
        'allow',
        { ...selecting('api'), rules: [GET_A] },
        { annotations: { 'istio.io/dry-run': 'true' } },
      ),
    ],
    'opens',
  ],
  ['the selector no longer fits', [allow(GET_A)], [ap('allow', 'ALLOW', [GET_A], selecting('app'))], 'opens'],
  [
    'another issuer is accepted',
    [LOGIN, allow({ from: [{ source: { requestPrincipals: ['*'] } }] })],
    [
      ra({ jwtRules: [{ issuer: 'https://a' }, { issuer: 'https://b' }] }),
      allow({ from: [{ source: { requestPrincipals: ['*'] } }] }),
    ],
    'opens',
  ],
  [
    'a header instead of none',
    [allow({ when: [{ key: 'request.headers[x-a]', values: ['v'] }] })],
    [allow({ when: [{ key: 'request.headers[x-a]', values: ['v', 'w'] }] })],
    'opens',
  ],
  ['the NetworkPolicy is gone', [np({ podSelector: {}, ingress: [], policyTypes: ['Ingress'] })], [], 'opens'],
  [
    'the NetworkPolicy takes another pod',
    [np({ podSelector: { matchLabels: { app: 'api' } }, ingress: [{ from: [app('web')] }] })],
    [
      np({
        podSelector: { matchLabels: { app: 'api' } },
        ingress: [{ from: [app('web')] }, { from: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] }],
      }),
    ],
    'opens',
  ],
  ['a trust domain alias', [STRICT, meshConfig({})], [STRICT, meshConfig({ trustDomainAliases: ['old'] })], 'opens'],
  ['a first ALLOW', [], [allow(GET_A)], 'closes'],
  ['a DENY more', [allow(GET_A)], [allow(GET_A), deny(to({ methods: ['GET'], ports: ['8080'] }))], 'closes'],
  ['STRICT', [], [STRICT], 'closes'],
  ['a caller less', [STRICT, allow(from('shop/web', 'ops/batch'))], [STRICT, allow(from('shop/web'))], 'closes'],
  ['a NetworkPolicy', [], [np({ podSelector: {}, policyTypes: ['Ingress'] })], 'closes'],
  [
    'an HTTP condition closes the TCP port too',
    [deny(both(from('ops/batch'), to({ ports: ['8080'] })))],
    [deny(both(from('ops/batch'), to({ methods: ['GET', 'POST'] })))],
    'both',
  ],
  ['one path for another', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/b'] }))], 'both'],
  ['one caller for another', [STRICT, allow(from('shop/web'))], [STRICT, allow(from('ops/batch'))], 'both'],
];

describe('compareMeshes', () => {
  const factsOf = (policies: readonly Manifest[]) => factsOfText(meshText([...MESH, ...policies]), 'mesh.yaml');

  it.each(PAIRS)('%s', (_name, base, head, expected) => {
    const { opened, closed } = compareMeshes(factsOf(base), factsOf(head));
    const found = opened.length > 0 ? (closed.length > 0 ? 'both' : 'opens') : closed.length > 0 ? 'closes' : 'same';
    const texts = [...opened, ...closed].map(({ workload: { id }, port, who, witness }) => ({
      id,
      port,
      who,
      witness,
    }));
    expect(found, JSON.stringify(texts).slice(0, 800)).toBe(expected);
  });

  it('holds at least fifty pairs', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(50);
  });

  it('tells who may newly call, with a request that was refused', () => {
    const { opened } = compareMeshes(
      factsOf([STRICT, allow(from('shop/web'))]),
      factsOf([STRICT, allow(from('shop/web', 'ops/batch'))]),
    );
    expect(opened.map(({ workload: { id }, port, who }) => ({ id, port, who }))).toEqual([
      { id: 'shop/api', port: 8080, who: { kind: 'identities', identities: [principal('ops/batch')] } },
      { id: 'shop/api', port: 9000, who: { kind: 'identities', identities: [principal('ops/batch')] } },
    ]);
    expect(opened[0]?.was.by).toMatchObject({ kind: 'AuthorizationPolicy', name: 'allow' });
  });

  it('finds what a workload gains with another account', () => {
    const moved = MESH.map((each) =>
      JSON.parse(JSON.stringify(each).replace('"serviceAccountName":"batch"', '"serviceAccountName":"web"')),
    );
    const rules = [STRICT, allow({ from: [{ source: { principals: ['*/sa/web'] } }] })];
    const text = (mesh: readonly Manifest[]) => factsOfText(meshText([...mesh, ...rules]), 'mesh.yaml');
    const { opened } = compareMeshes(text(MESH), text(moved));
    expect(opened.map(({ port, who }) => [port, who.kind === 'workload' && who.workload.id])).toEqual([
      [8080, 'ops/batch'],
      [9000, 'ops/batch'],
    ]);
  });

  it('lists workloads that came and went without calling that an opening', () => {
    const more = factsOfText(meshText([...MESH, ...workload('shop', 'new', { ports: { http: 8080 } })]), 'mesh.yaml');
    const { opened, closed, added, removed } = compareMeshes(factsOf([]), more);
    expect([opened, closed, added.map(({ id }) => id), removed]).toEqual([[], [], ['shop/new'], []]);
  });
});
