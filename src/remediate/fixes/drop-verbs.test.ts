import { describe, expect, it } from 'vitest';
import { planOf } from '../../../test/plan-of.ts';
import { allowIn, type Allowed } from '../../../test/pivot-edges.ts';
import { INJECTOR, type Manifest, namespace, policy, workload } from '../../../test/small-mesh.ts';

const TOKENS: Allowed = { resources: ['serviceaccounts/token'], verbs: ['create'] };
const SECRETS: Allowed = { resources: ['secrets', 'configmaps'], verbs: ['get', 'list'] };

const named = (home: string, name: string): Manifest => ({
  from: [{ source: { principals: [`cluster.local/ns/${home}/sa/${name}`] } }],
});

/** `bank/ledger` admits `bank/audit` alone, and `shop/web` has rights in `bank`. */
function planFor(rights: readonly Manifest[]) {
  const manifests = [
    INJECTOR,
    namespace('istio-system', {}),
    namespace('shop'),
    namespace('bank'),
    policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
    policy('AuthorizationPolicy', 'bank', 'ledger', { rules: [named('bank', 'audit')] }),
    ...workload('shop', 'web'),
    ...workload('bank', 'audit'),
    ...workload('bank', 'ledger', { ports: { http: 8080 } }),
    ...rights,
  ];
  const assets = [{ select: { workload: 'bank/ledger' }, sensitivity: 'critical' as const, why: 'money' }];
  const wanted = [{ from: 'bank/audit', to: 'bank/ledger:8080' }];
  return planOf(manifests, { assets, wanted }, ({ workloads }) =>
    workloads.filter(({ id }) => id === 'shop/web').map((each) => ({ kind: 'workload', workload: each })),
  );
}

describe('dropVerbs', () => {
  it('takes just the verbs that turn the account into another, and leaves the rest of the role', () => {
    const { paths, ids, left, plan, outcome } = planFor(allowIn('bank', [SECRETS, TOKENS]));
    expect(paths.length).toBeGreaterThan(0);
    expect(ids).toEqual(['drop-verbs Role bank/role']);
    expect(left).toEqual([]);
    const [edit] = plan.steps[0]?.candidate.changes ?? [];
    expect(edit).toMatchObject({
      edits: [{ op: 'set', path: ['rules'], value: [{ resources: expect.arrayContaining(['configmaps']) }] }],
    });
    expect(JSON.stringify(edit && 'edits' in edit ? edit.edits : '')).not.toContain('serviceaccounts/token');
    expect(outcome('bank/audit', 'bank/ledger', 8080)).toBe('allow');
  });

  it('leaves a role that others have, or that a wildcard fills, to the binding', () => {
    const subject = { kind: 'ServiceAccount', namespace: 'bank', name: 'audit' };
    const shared = allowIn('bank', [TOKENS]).flatMap((each) =>
      each.kind === 'RoleBinding'
        ? [each, { ...each, metadata: { name: 'other', namespace: 'bank' }, subjects: [subject] }]
        : [each],
    );
    for (const rights of [shared, allowIn('bank', [{ resources: ['*'], verbs: ['*'] }])]) {
      const { ids, left } = planFor(rights);
      expect(ids).toEqual(['revoke-binding RoleBinding bank/binding shop/web']);
      expect(left).toEqual([]);
    }
  });
});
