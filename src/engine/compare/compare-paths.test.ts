import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import { comparePaths } from './compare-paths.ts';

const http = { ports: { http: 8080 } } as const;
const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const ASSETS = [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }] as const;
const COMPLETE = { complete: ['mesh-config', 'root-policies', 'network-policies', 'gateways'] };

const shop = (name: string, rule: Manifest): Facts =>
  factsOfText(
    meshText([
      namespace('istio-system', {}),
      namespace('shop'),
      ...workload('shop', 'vault', http),
      STRICT,
      policy('AuthorizationPolicy', 'shop', name, { ...selecting('vault'), rules: [rule] }),
    ]),
    'mesh.yaml',
    { assets: ASSETS },
    COMPLETE,
  );

const CLOSED: Manifest = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/nobody'] } }] };
const entries = ['pod-outside-mesh'];

describe('comparePaths', () => {
  it('says nothing of a policy that has another name', () => {
    expect(comparePaths(shop('guard', CLOSED), shop('door', CLOSED), entries)).toEqual({ opened: [], closed: [] });
  });

  it('tells a path that a change opens, and the reverse as closed', () => {
    const permissive = (facts: Manifest): Facts =>
      factsOfText(
        meshText([
          namespace('istio-system', {}),
          namespace('shop'),
          ...workload('shop', 'vault', http),
          policy('AuthorizationPolicy', 'shop', 'guard', { ...selecting('vault'), rules: [facts] }),
        ]),
        'mesh.yaml',
        { assets: ASSETS },
        COMPLETE,
      );
    const before = permissive(CLOSED);
    const after = permissive({});
    const { opened, closed } = comparePaths(before, after, entries);
    expect(opened).toMatchObject([{ path: 'pod outside mesh → shop/vault', breaches: 0, severity: 'CRITICAL' }]);
    expect(closed).toEqual([]);
    expect(comparePaths(after, before, entries)).toMatchObject({ opened: [], closed: [{ breaches: 0 }] });
  });

  it('leaves out an entry that one of the states does not have', () => {
    const facts = shop('guard', CLOSED);
    expect(comparePaths(facts, facts, ['shop/gone', ...entries])).toEqual({ opened: [], closed: [] });
  });
});
