import { describe, expect, it } from 'vitest';
import { KINDS } from '../../model/kinds.ts';
import type { KindDefinition } from '../../model/kind.ts';
import { pruneObject } from './prune-object.ts';
import { redactText } from './redact-text.ts';
import { redactValue } from './redact-value.ts';
import { isSensitiveName } from './sensitive.ts';

describe('names', () => {
  it.each(['authorization', 'x-api-key', 'accessToken', 'DB_PASSWORD', 'client_secret', 'set-cookie', 'private_key'])(
    '%s holds a secret',
    (name) => expect(isSensitiveName(name)).toBe(true),
  );
  it.each(['secretName', 'credentialName', 'tokenPath', 'max_tokens', 'host', 'serviceAccountToken.audience'])(
    '%s does not',
    (name) => expect(isSensitiveName(name)).toBe(false),
  );
});

describe('texts', () => {
  it.each([
    ['--token=abc123 --port=80', '--token=REDACTED --port=80'],
    ['--password hunter2', '--password REDACTED'],
    ['accessToken: s3cret', 'accessToken: REDACTED'],
    ['{"apiKey": "a b", "x": 1}', '{"apiKey": "REDACTED", "x": 1}'],
    ['https://user:pass@host/path', 'https://REDACTED@host/path'],
    ['GET /?token=abc&x=1', 'GET /?token=REDACTED&x=1'],
    ['config: "password=abc"', 'config: "password=REDACTED"'],
    ['settings=token=abc', 'settings=token=REDACTED'],
    ['Bearer abcdefgh', 'Bearer REDACTED'],
    ['x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln y', 'x REDACTED y'],
    ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', 'REDACTED'],
  ])('%s', (text, expected) => expect(redactText(text)).toBe(expected));

  it.each([
    'cluster.local/ns/shop/sa/web',
    'spiffe://td/ns/a/sa/token',
    'registry.example/vault-secret:1.2.3',
    'auth-token:8080',
    'secretName: tls-cert',
    'request.auth.claims[token] == "x"',
    'Bearer *',
    'token:\n  nested: 1',
  ])('%s stays', (text) => expect(redactText(text)).toBe(text));
});

describe('values', () => {
  it('that policies compare stay distinct, and apart from what they are', () => {
    const rule = (values: string[]) => ({ when: [{ key: 'request.headers[x-api-key]', values }] });
    expect(redactValue([rule(['a', 'b']), rule(['b', '*'])])).toEqual([
      rule(['REDACTED-1', 'REDACTED-2']),
      rule(['REDACTED-2', '*']),
    ]);
    const other = { when: [{ key: 'request.headers[x-team]', values: ['a'] }] };
    expect(redactValue(other)).toEqual(other);
  });

  it('leave labels and selectors as they are', () => {
    const value = { labels: { token: 'a' }, selector: { matchLabels: { 'app/secret': 'b' } } };
    expect(redactValue(value)).toEqual(value);
  });
});

describe('objects', () => {
  const kind = (name: string) => KINDS.find((each) => each.name === name) as KindDefinition;

  it('of a kind whose spec holds a word that is not known are kept whole where they decide', () => {
    const spec = { action: 'NEW_ACTION', rules: [{}] };
    const value = { metadata: { name: 'a', namespace: 'b', uid: '1' }, spec };
    expect(pruneObject(value, 'security.istio.io/v1', kind('AuthorizationPolicy'))).toEqual({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'a', namespace: 'b' },
      spec,
    });
  });

  it('keep what the model reads and nothing else', () => {
    const pod = {
      metadata: {
        name: 'a',
        namespace: 'b',
        annotations: { 'sidecar.istio.io/inject': 'true', 'example.com/x': 'y' },
        managedFields: [{}],
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: '1', controller: true }],
      },
      spec: {
        containers: [
          { name: 'app', image: 'i', env: [{ name: 'A', value: 'b' }], args: ['c'], resources: {} },
          {
            name: 'istio-proxy',
            image: 'p',
            env: [
              { name: 'ISTIO_META_NETWORK', value: 'n' },
              { name: 'X', value: 'y' },
            ],
          },
        ],
        tolerations: [{}],
      },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        hostIP: '1.1.1.1',
        conditions: [{ type: 'Ready', status: 'True', message: 'm' }],
      },
    };
    expect(pruneObject(pod, 'v1', kind('Pod'))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'a',
        namespace: 'b',
        annotations: { 'sidecar.istio.io/inject': 'true' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', controller: true }],
      },
      spec: {
        containers: [
          { name: 'app', image: 'i' },
          { name: 'istio-proxy', image: 'p', env: [{ name: 'ISTIO_META_NETWORK', value: 'n' }, { name: 'X' }] },
        ],
      },
      status: { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });
});
