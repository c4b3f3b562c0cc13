import { describe, expect, it } from 'vitest';
import { readText } from '../../collect/read-text.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import {
  type Manifest,
  meshText,
  namespace,
  policy,
  runningPod,
  selecting,
  workload,
} from '../../../test/small-mesh.ts';
import { type Counted, logLine, prometheusText } from '../../../test/telemetry.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import { dryRun as schema, type DryRun } from '../../result/dry-run.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { unedited } from '../plan/edit-files.ts';
import { loadMesh } from '../load-mesh.ts';
import { reviewPolicies } from './review-policies.ts';

const DRY = { annotations: { 'istio.io/dry-run': 'true' } };

const SHOP = [
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'batch'),
  ...workload('shop', 'orders', { ports: { http: 8080 } }),
  runningPod('web', '10.0.0.2'),
  runningPod('batch', '10.0.0.3'),
  runningPod('orders', '10.0.0.1'),
];

const allow = (name: string, callers: readonly string[], to: readonly Manifest[] = [], dry = true): Manifest =>
  policy(
    'AuthorizationPolicy',
    'shop',
    name,
    {
      ...selecting('orders'),
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: callers.map((caller) => `cluster.local/ns/shop/sa/${caller}`) } }],
          ...(to.length > 0 ? { to: to.map((operation) => ({ operation })) } : {}),
        },
      ],
    },
    dry ? DRY : {},
  );

function reviewed(manifests: readonly Manifest[], files: Readonly<Record<string, string>>): DryRun {
  const text = meshText([...SHOP, ...manifests]);
  const { mesh, rebuild } = loadMesh(readText(text, 'mesh.yaml').objects);
  const facts = makeFacts(new Enforcement(mesh), { observed: observationsOf(files) });
  const texts = {
    textOf: (file: string) => (file === 'mesh.yaml' ? text : undefined),
    takesNewFiles: () => false,
    exists: () => false,
    pathOf: () => undefined,
  };
  const result = reviewPolicies(facts, rebuild, unedited(texts));
  expect(() => schema.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
  return result;
}

const WEEK = [3, 3, 3, 3, 3, 3, 3];
const call = (from: string | null, values: readonly number[] = WEEK, more: Partial<Counted> = {}): Counted => ({
  from: from && `shop/${from}`,
  to: 'shop/orders',
  values,
  ...more,
});
const metrics = (...counted: readonly Counted[]) => ({ 'm.json': prometheusText(counted) });

function only({ policies }: DryRun): DryRun['policies'][number] {
  const [first] = policies;
  if (!first || policies.length > 1) throw new Error(`${policies.length} policies`);
  return first;
}

describe('an ALLOW on trial', () => {
  it('is ready when all callers of a week are admitted', () => {
    const found = only(reviewed([allow('callers', ['web'])], metrics(call('web'))));
    expect(found).toMatchObject({ readiness: 'ready', reasons: [], denies: [], keeps: { of: 1, have: 1 } });
    expect(found.patch).toMatchObject({ file: 'mesh.yaml', kind: 'edit' });
    expect(found.patch?.diff).toMatch(/^-\s+istio\.io\/dry-run: /m);
    expect(found.tests).toContain('shop/web → shop/orders:8080 passes');
  });

  it('names who would be refused, with a request of it', () => {
    const found = only(
      reviewed([allow('callers', ['web'])], metrics(call('web'), call('batch', [0, 0, 0, 0, 0, 0, 1]))),
    );
    expect(found.readiness).toBe('not ready');
    expect(found.denies).toEqual([
      expect.objectContaining({
        from: 'shop/batch',
        to: 'shop/orders',
        port: 8080,
        seen: 1,
        last: '2026-11-20',
        wanted: 'not stated',
        witness: expect.objectContaining({ from: { principal: 'cluster.local/ns/shop/sa/batch' } }),
        at: { file: 'm.json' },
      }),
    ]);
    expect(found.tests).toContain('shop/batch → shop/orders:8080 is refused');
  });

  it('a miss means nothing where an enforced ALLOW admits it', () => {
    const enforced = allow('others', ['batch'], [], false);
    const found = only(reviewed([allow('callers', ['web']), enforced], metrics(call('batch'))));
    expect(found).toMatchObject({ readiness: 'ready', denies: [] });
  });

  it('plaintext is somebody without an identity', () => {
    const found = only(reviewed([allow('callers', ['web'])], metrics(call('web'), call(null))));
    expect(found.denies.map(({ from, witness }) => [from, witness?.from])).toEqual([
      ['somebody without an identity', { plaintext: true }],
    ]);
  });

  it('less than a week is not enough, and no telemetry is nothing', () => {
    const short = only(reviewed([allow('callers', ['web'])], metrics(call('web', [1, 1, 1]))));
    expect(short.readiness).toBe('unknown');
    expect(short.reasons).toEqual(['metrics cover 3 whole days, less than 7: what runs weekly may not have been seen']);
    const none = only(reviewed([allow('callers', ['web'])], {}));
    expect([none.readiness, none.reasons[0]]).toEqual([
      'unknown',
      expect.stringContaining('no telemetry in the input'),
    ]);
  });

  it('a workload that nobody calls in the telemetry is said', () => {
    const elsewhere = { from: 'shop/batch', to: 'shop/web', values: WEEK };
    const found = only(reviewed([allow('callers', ['web'])], metrics(elsewhere)));
    expect(found.reasons).toEqual([expect.stringContaining('no call to shop/orders is in the telemetry')]);
  });

  it('what was refused already is nothing that would break', () => {
    const found = only(reviewed([allow('callers', ['web'])], metrics(call('web'), call('batch', WEEK, { code: 403 }))));
    expect(found).toMatchObject({ readiness: 'ready', denies: [] });
  });

  it('what the model refuses today, and was seen, is a contradiction', () => {
    const enforced = allow('only-batch', ['batch'], [], false);
    const found = only(reviewed([allow('callers', ['web']), enforced], metrics(call('stranger'))));
    expect(found.undecided.map(({ why }) => why)).toEqual([expect.stringContaining('refuses it today as well')]);
  });
});

describe('operations', () => {
  const reads = allow('reads', ['web'], [{ methods: ['GET'], paths: ['/v1/*'] }]);
  const line = (day: string, method: string, path: string) =>
    logLine({ day, method, path, from: '10.0.0.2', to: '10.0.0.1', sni: 'orders.shop' });

  it('from metrics alone it cannot be told', () => {
    const found = only(reviewed([reads], metrics(call('web'))));
    expect(found.readiness).toBe('unknown');
    expect(found.undecided[0]?.why).toContain('depends on the operation, which metrics do not name');
  });

  it('access logs tell, where they show all of it', () => {
    const days = Array.from({ length: 9 }, (_, i) => `2026-11-${12 + i}`);
    const log = days.map((day) => line(day, 'GET', '/v1/a')).join('\n');
    const good = only(reviewed([reads], { 'a.log': log, ...metrics(call('web', [1, 1, 1, 1, 1, 1, 1])) }));
    expect(good).toMatchObject({ readiness: 'ready', keeps: { of: 1, have: 1 } });
    expect(good.tests).toContain('shop/web → shop/orders:8080 GET /v1/a passes');

    const bad = only(
      reviewed([reads], { 'a.log': `${log}\n${line('2026-11-20', 'DELETE', '/v1/a')}`, ...metrics(call('web')) }),
    );
    expect(bad.denies).toEqual([
      expect.objectContaining({ operation: 'DELETE /v1/a', at: { file: 'a.log', line: 10 }, seen: 1 }),
    ]);
    // Metrics counted more than the log shows.
    expect(bad.undecided.map(({ why }) => why)).toEqual([
      'access logs show 10 of 21 requests, and it depends on the operation',
    ]);
  });

  it('a token that logs do not show may be there', () => {
    const tokens = policy(
      'AuthorizationPolicy',
      'shop',
      'tokens',
      { ...selecting('orders'), action: 'ALLOW', rules: [{ from: [{ source: { requestPrincipals: ['*'] } }] }] },
      DRY,
    );
    const jwt = policy('RequestAuthentication', 'shop', 'jwt', {
      ...selecting('orders'),
      jwtRules: [{ issuer: 'https://login.example', jwks: '{"keys":[]}' }],
    });
    const found = only(
      reviewed([tokens, jwt], { 'a.log': line('2026-11-20', 'GET', '/'), ...metrics(call('web', [1])) }),
    );
    expect(found.denies).toEqual([]);
    expect(found.undecided[0]?.why).toContain('on what logs do not show (a token');
  });
});

it('a DENY is judged by itself', () => {
  const deny = policy(
    'AuthorizationPolicy',
    'shop',
    'no-batch',
    {
      ...selecting('orders'),
      action: 'DENY',
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/batch'] } }] }],
    },
    DRY,
  );
  const found = only(reviewed([deny], metrics(call('web'), call('batch'))));
  expect(found.action).toBe('DENY');
  expect(found.denies.map(({ from, by }) => [from, by?.name])).toEqual([['shop/batch', 'no-batch']]);
  expect(only(reviewed([deny], metrics(call('web')))).readiness).toBe('ready');
});

it('several at once admit together what each alone would refuse', () => {
  const result = reviewed([allow('a', ['web']), allow('b', ['batch'])], metrics(call('web'), call('batch')));
  expect(result.policies.map(({ name, readiness }) => [name, readiness])).toEqual([
    ['a', 'not ready'],
    ['b', 'not ready'],
  ]);
  expect(result.together).toMatchObject({ readiness: 'ready', denies: [] });
});

it('shadow counts are shown beside, and decide nothing', () => {
  const shadow = JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: [
        {
          metric: {
            authz_dry_run_action: 'allow',
            authz_dry_run_result: 'denied',
            pod: 'orders-6584ddcf65-k78wz',
            namespace: 'shop',
          },
          value: [1795132800, '20'],
        },
      ],
    },
  });
  const enforced = allow('others', ['batch'], [], false);
  const found = only(reviewed([allow('callers', ['web']), enforced], { 's.json': shadow, ...metrics(call('batch')) }));
  expect(found).toMatchObject({ shadow: { denied: 20, allowed: 0 }, readiness: 'ready' });
});
