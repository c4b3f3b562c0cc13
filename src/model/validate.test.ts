import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inlineObject } from '../collect/read-text.ts';
import { decodeObjects } from './decode.ts';
import { formatPath } from './shape.ts';
import { findRefusals } from './validate.ts';

type Spec = Readonly<Record<string, unknown>>;

/** What the webhook has against an object: the field, then the reason. */
function refusals(kind: string, spec: Spec, annotations: Readonly<Record<string, string>> = {}): string[] {
  const group = kind === 'Gateway' || kind === 'VirtualService' ? 'networking' : 'security';
  const value = {
    apiVersion: `${group}.istio.io/v1`,
    kind,
    metadata: { name: 'p', namespace: 'shop', annotations },
    spec,
  };
  const { resources, diagnostics } = decodeObjects([inlineObject(value, 'p.yaml', 1)]);
  const [resource] = resources.of(kind as 'AuthorizationPolicy');
  if (!resource) throw new Error(JSON.stringify(diagnostics));
  const found = findRefusals(resource);
  expect(found.every(({ help }) => help !== '')).toBe(true);
  return found.map(({ path, reason }) => `${formatPath(path)}: ${reason}`);
}

const source = (fields: Spec, action = 'ALLOW') => ({ action, rules: [{ from: [{ source: fields }] }] });
const operation = (fields: Spec) => ({ rules: [{ to: [{ operation: fields }] }] });
const when = (key: string, values: string[] = ['x'], action = 'ALLOW') => ({
  action,
  rules: [{ when: [{ key, values }] }],
});

describe('AuthorizationPolicy', () => {
  it.each<[string, Spec]>([
    ['nothing', {}],
    ['no rules, ALLOW', { action: 'ALLOW' }],
    ['an empty rule', { rules: [{}] }],
    ['an empty list of sources', { rules: [{ from: [] }] }],
    ['wildcards', source({ principals: ['*'], namespaces: ['team-*'] })],
    ['blocks', source({ ipBlocks: ['10.0.0.0/8', '2001:db8::/32', '::ffff:1.2.3.4'] })],
    ['service accounts', source({ serviceAccounts: ['api', 'shop/api'] })],
    ['trust domains', source({ trustDomains: ['td'] })],
    ['ports', operation({ ports: ['0', '8080', '65535'] })],
    ['templates', operation({ paths: ['/a/{*}', '/a/{**}/b', '/{**}', '*'] })],
    ['a header', when('request.headers[x-team]')],
    ['a nested claim', when('request.auth.claims[a][b]')],
    ['the typo that the webhook lets through', when('request.headersx[a]')],
    ['a target', { targetRefs: [{ kind: 'Service', name: 'web' }], rules: [{}] }],
    [
      'a provider',
      { action: 'CUSTOM', provider: { name: 'opa' }, rules: [{ to: [{ operation: { paths: ['/a'] } }] }] },
    ],
  ])('takes %s', (_, spec) => {
    expect(refusals('AuthorizationPolicy', spec)).toEqual([]);
  });

  it.each<[string, Spec]>([
    ['spec: action `DENY` without `rules` never matches', { action: 'DENY' }],
    ['spec: action `CUSTOM` without `rules` never matches', { action: 'CUSTOM', provider: { name: 'opa' } }],
    ['spec.provider: action `CUSTOM` names no `provider.name`', { action: 'CUSTOM', rules: [{}] }],
    ['spec.provider: `provider` is not for action `ALLOW`', { provider: { name: 'opa' }, rules: [{}] }],
    ['spec.rules[0].from[0].source: a `from.source` is empty', source({})],
    ['spec.rules[0].from[0].source: a `from.source` is empty', { rules: [{ from: [{}] }] }],
    ['spec.rules[0].from[0].source: a `from.source` is empty', source({ principals: [] })],
    ['spec.rules[0].to[0].operation: a `to.operation` is empty', operation({})],
    ['spec.rules[0].from[0].source.principals[1]: `principals` has an empty value', source({ principals: ['a', ''] })],
    [
      'spec.rules[0].from[0].source.ipBlocks[0]: `10.0.0.0/33` is no IP address or block',
      source({ ipBlocks: ['10.0.0.0/33'] }),
    ],
    [
      'spec.rules[0].from[0].source.remoteIpBlocks[0]: `x` is no IP address or block',
      source({ remoteIpBlocks: ['x'] }),
    ],
    [
      'spec.rules[0].from[0].source.serviceAccounts[0]: `*` has a wildcard, which service accounts do not know',
      source({ serviceAccounts: ['*'] }),
    ],
    [
      'spec.rules[0].from[0].source.serviceAccounts[0]: `a/b/c` is no service account',
      source({ serviceAccounts: ['a/b/c'] }),
    ],
    [
      'spec.rules[0].from[0].source: a source has `serviceAccounts` together with `principals` or `namespaces`',
      source({ serviceAccounts: ['a'], notNamespaces: ['b'] }),
    ],
    ['spec.rules[0].to[0].operation.ports[0]: `http` is no port number', operation({ ports: ['http'] })],
    ['spec.rules[0].to[0].operation.notPorts[0]: `65536` is no port number', operation({ notPorts: ['65536'] })],
    [
      'spec.rules[0].to[0].operation.paths[0]: the path `/a/{x}` has braces in `{x}` that are no operator',
      operation({ paths: ['/a/{x}'] }),
    ],
    [
      'spec.rules[0].to[0].operation.paths[0]: the path `/{**}/{*}` has an operator after `{**}`',
      operation({ paths: ['/{**}/{*}'] }),
    ],
    [
      'spec.rules[0].to[0].operation.paths[0]: the path `/{*}/a*` is a template and has the segment `a*`, which is no literal',
      operation({ paths: ['/{*}/a*'] }),
    ],
    ['spec.rules[0].when[0].key: the attribute `source.user` is unknown', when('source.user')],
    [
      'spec.rules[0].when[0].key: the attribute `destination.labels[app]` is no longer known',
      when('destination.labels[app]'),
    ],
    ['spec.rules[0].when[0].key: the attribute `request.headers` has no name in brackets', when('request.headers')],
    ['spec.rules[0].when[0].values[0]: `http` is no port number', when('destination.port', ['http'])],
    ['spec.rules[0].when[0]: the condition on `source.ip` has no values', when('source.ip', [])],
    ['spec.rules[0].when[0]: a condition has no `key`', { rules: [{ when: [{ values: ['x'] }] }] }],
    [
      'spec.rules[0].from[0].source.namespaces: `namespaces` is not for action `CUSTOM`',
      { ...source({ namespaces: ['a'] }, 'CUSTOM'), provider: { name: 'opa' } },
    ],
    [
      'spec.rules[0].when[0].key: `request.auth.principal` is not for action `CUSTOM`',
      { ...when('request.auth.principal', ['x'], 'CUSTOM'), provider: { name: 'opa' } },
    ],
    [
      'spec.selector: it has `selector` and `targetRefs`, only one of them is allowed',
      { selector: { matchLabels: { app: 'web' } }, targetRefs: [{ kind: 'Service', name: 'web' }], rules: [{}] },
    ],
    ['spec.targetRef.kind: a target is of kind `core/Pod`', { targetRef: { kind: 'Pod', name: 'web' }, rules: [{}] }],
    [
      "spec.targetRef.namespace: a target names the namespace `b`: targets are of the policy's own namespace",
      { targetRef: { kind: 'Service', name: 'web', namespace: 'b' }, rules: [{}] },
    ],
    [
      'spec.selector.matchLabels.app: the selector has a wildcard in `app: web*`, which labels do not know',
      { selector: { matchLabels: { app: 'web*' } } },
    ],
  ])('refuses: %s', (reason, spec) => {
    expect(refusals('AuthorizationPolicy', spec)).toEqual([reason]);
  });

  it('reads the dry-run annotation as Go does', () => {
    for (const value of ['true', 'T', '1', 'False']) {
      expect(refusals('AuthorizationPolicy', {}, { 'istio.io/dry-run': value })).toEqual([]);
    }
    for (const value of ['yes', '', ' true', 'tRue']) {
      expect(refusals('AuthorizationPolicy', {}, { 'istio.io/dry-run': value })).toHaveLength(1);
    }
    expect(refusals('PeerAuthentication', {}, { 'istio.io/dry-run': 'true' })).toHaveLength(1);
    expect(
      refusals('AuthorizationPolicy', { action: 'AUDIT', rules: [{}] }, { 'istio.io/dry-run': 'true' }),
    ).toHaveLength(1);
  });
});

describe('PeerAuthentication', () => {
  it.each<[string[], Spec]>([
    [[], { mtls: { mode: 'STRICT' } }],
    [[], { selector: { matchLabels: { app: 'web' } }, portLevelMtls: { 8080: { mode: 'DISABLE' } } }],
    [['spec.portLevelMtls: `portLevelMtls` without a selector'], { portLevelMtls: { 8080: { mode: 'DISABLE' } } }],
    [
      ['spec.portLevelMtls: `portLevelMtls` without a selector'],
      { selector: {}, portLevelMtls: { 8080: { mode: 'DISABLE' } } },
    ],
    [
      ['spec.portLevelMtls: `portLevelMtls` is empty'],
      { selector: { matchLabels: { app: 'web' } }, portLevelMtls: {} },
    ],
    [
      ['spec.portLevelMtls["0"]: `0` is no port number', 'spec.portLevelMtls.http: `http` is no port number'],
      { selector: { matchLabels: { app: 'web' } }, portLevelMtls: { 0: {}, http: {} } },
    ],
  ])('%j', (reasons, spec) => {
    expect(refusals('PeerAuthentication', spec)).toEqual(reasons);
  });
});

describe('RequestAuthentication', () => {
  const rule = (fields: Spec) => ({ jwtRules: [fields] });
  it.each<[string[], Spec]>([
    [[], rule({ issuer: 'https://login.example', jwksUri: 'https://login.example/keys', timeout: '1m30s' })],
    [[], rule({ jwksUri: 'http://login.example/keys' })],
    [[], rule({ issuer: 'x', jwks: '{"keys": []}' })],
    [[], rule({ issuer: 'x', jwks: '<keys of the renderer>' })],
    [['spec.jwtRules[0]: a rule has neither `issuer` nor `jwksUri`'], rule({})],
    [
      ['spec.jwtRules[0].jwksUri: `login/keys` is no http or https address'],
      rule({ issuer: 'x', jwksUri: 'login/keys' }),
    ],
    [['spec.jwtRules[0].jwks: `jwks` is no JSON web key set'], rule({ issuer: 'x', jwks: '{"key": ' })],
    [
      ['spec.jwtRules[0].jwks: a rule has both `jwks` and `jwksUri`'],
      rule({ issuer: 'x', jwks: '{"keys":[]}', jwksUri: 'https://a/b' }),
    ],
    [['spec.jwtRules[0].audiences[0]: `audiences` has an empty value'], rule({ issuer: 'x', audiences: [''] })],
    [
      ['spec.jwtRules[0].fromHeaders[0]: an entry of `fromHeaders` has no `name`'],
      rule({ issuer: 'x', fromHeaders: [{ prefix: 'a' }] }),
    ],
    [
      [
        'spec.jwtRules[0].outputClaimToHeaders[0]: an entry of `outputClaimToHeaders` lacks a claim or a valid header name',
      ],
      rule({ issuer: 'x', outputClaimToHeaders: [{ header: 'a b', claim: 'sub' }] }),
    ],
    [['spec.jwtRules[0].timeout: `soon` is no duration'], rule({ issuer: 'x', timeout: 'soon' })],
  ])('%j', (reasons, spec) => {
    expect(refusals('RequestAuthentication', spec)).toEqual(reasons);
  });
});

describe('Gateway and VirtualService', () => {
  const server = (port: Spec, more: Spec = {}) => ({ servers: [{ port, hosts: ['*'], ...more }] });
  const https = { number: 443, name: 'https', protocol: 'HTTPS' };
  it.each<[string[], Spec]>([
    [[], server({ number: 80, name: 'http', protocol: 'HTTP' }, { tls: { httpsRedirect: true } })],
    [[], server(https, { tls: { mode: 'SIMPLE', credentialName: 'cert' } })],
    [['spec: it has no `servers`'], {}],
    [['spec.servers[0]: a server of protocol `HTTPS` has no `tls`'], server(https)],
    [['spec.servers[0].port: `SMTP` is no protocol'], server({ number: 25, name: 'mail', protocol: 'SMTP' })],
    [
      ['spec.servers[0].tls.mode: `tls.mode` is not for protocol `HTTP`'],
      server({ number: 80, name: 'http', protocol: 'HTTP' }, { tls: { mode: 'SIMPLE' } }),
    ],
  ])('Gateway %j', (reasons, spec) => {
    expect(refusals('Gateway', spec)).toEqual(reasons);
  });

  const http = [{ route: [{ destination: { host: 'web' } }] }];
  it.each<[string[], Spec]>([
    [[], { hosts: ['a.example.com', 'b.example.com'], http }],
    [[], { http }],
    [['spec: it has no routes'], { hosts: ['a.example.com'] }],
    [['spec.gateways: a delegate has `gateways`'], { gateways: ['gw'], http }],
    [
      ['spec.hosts[1]: the hosts `*.example.com` and `a.EXAMPLE.com` overlap'],
      { hosts: ['*.example.com', 'a.EXAMPLE.com'], http },
    ],
    [['spec.exportTo[0]: `exportTo: ~` is not for a VirtualService'], { hosts: ['a'], http, exportTo: ['~'] }],
  ])('VirtualService %j', (reasons, spec) => {
    expect(refusals('VirtualService', spec)).toEqual(reasons);
  });
});

const VECTORS = '../shared/vectors';

describe.skipIf(!existsSync(VECTORS))(`what the real webhook said (needs ${VECTORS})`, () => {
  interface VectorSet {
    readonly set?: string;
    readonly id?: string;
    readonly admission: string;
    readonly policy?: Spec;
    readonly policies?: readonly Spec[];
    readonly resources?: readonly Spec[];
  }

  it.each(['authz', 'mtls', 'ambient', 'ztunnel', 'gateway', 'waypoint'])('%s.json', (file) => {
    const content = JSON.parse(readFileSync(`${VECTORS}/${file}.json`, 'utf8')) as
      | VectorSet[]
      | { readonly sets: VectorSet[] };
    const sets = Array.isArray(content) ? content : content.sets;
    const differ = sets.filter((set) => {
      const objects = set.policies ?? set.resources ?? (set.policy ? [set.policy] : []);
      const { diagnostics } = decodeObjects(objects.map((value) => inlineObject(value, 'vector', 1)));
      // Refused by the webhook, not by the API server: the object stays.
      expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
      return diagnostics.length > 0 !== (set.admission !== 'accepted');
    });
    expect(sets.length).toBeGreaterThan(30);
    expect(differ.map(({ set, id, admission }) => [set ?? id, admission])).toEqual([]);
  });
});
