import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { policy, selecting } from '../../../../test/small-mesh.ts';
import { divertRequests } from './divert-requests.ts';

const writes = [{ group: 'networking.istio.io', resources: ['virtualservices'], verbs: ['create'] }];
/** `bank/ledger` is an asset by its label. */
const mesh = [
  ...TWO_TEAMS.map((each) => {
    const metadata = each.metadata as { readonly name: string };
    if (each.kind !== 'Deployment' || metadata.name !== 'ledger') return each;
    return { ...each, metadata: { ...metadata, labels: { 'meshproof.io/sensitivity': 'critical' } } };
  }),
];
const callers = (account: string) =>
  policy('AuthorizationPolicy', 'bank', 'ledger', {
    ...selecting('ledger'),
    rules: [{ from: [{ source: { principals: [account] } }] }],
  });
const AUDIT = callers('cluster.local/ns/bank/sa/audit');

describe('divertRequests', () => {
  it('is a way to assets that others are there to call, from any namespace', () => {
    expect(edgesOf(divertRequests, [...mesh, AUDIT, ...allowIn('shop', writes)])).toEqual([
      'shop/web -> bank/ledger by RoleBinding shop/binding (reach)',
    ]);
  });

  it('is none to what nobody calls, and by reading or one object by name', () => {
    const nobody = callers('cluster.local/ns/bank/sa/nobody');
    expect(edgesOf(divertRequests, [...mesh, nobody, ...allowIn('shop', writes)])).toEqual([]);
    const [may] = writes;
    for (const less of [{ verbs: ['get'] }, { verbs: ['patch'], names: ['one'] }])
      expect(
        edgesOf(divertRequests, [...mesh, AUDIT, ...allowIn('shop', [{ resources: [], ...may, ...less }])]),
      ).toEqual([]);
  });

  it('leaves rights over the whole mesh to what makes them tier 0', () => {
    expect(edgesOf(divertRequests, [...mesh, AUDIT, ...allowEverywhere(writes)])).toEqual([]);
    expect(edgesOf(divertRequests, [...mesh, AUDIT, ...allowIn('istio-system', writes)])).toEqual([]);
  });
});
