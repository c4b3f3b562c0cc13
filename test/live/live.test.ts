import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/collect/live/api-client.ts';
import { collectCluster } from '../../src/collect/live/collect-cluster.ts';
import { memoryStore } from '../../src/collect/live/object-store.ts';
import { describeLiveCluster, PROBED, tokenOf } from './contract.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { allKinds, dumperRole, meshObjects, proberRole, publishedRoles, reader } from './mesh.ts';

function startFake(): Promise<FakeApiServer> {
  const { rules, roles = {} } = reader();
  const withoutPolicies = (rules === 'all' ? [] : rules).map((rule) => ({
    ...rule,
    resources: rule.resources.filter((name) => name !== 'authorizationpolicies'),
  }));
  return startFakeApiServer({
    kinds: allKinds(),
    objects: meshObjects(),
    exec: () => ({ output: '', exit: 1 }),
    portForward: () => 'refused',
    users: [
      reader(tokenOf('reader')),
      { token: tokenOf('admin'), rules: 'all' },
      { token: tokenOf('partial'), rules: withoutPolicies, roles },
      { token: tokenOf('prober'), rules: [], roles: { [PROBED]: proberRole().rules } },
      { token: tokenOf('dumper'), rules, roles: { ...roles, [PROBED]: dumperRole().rules } },
      { token: tokenOf('nobody'), rules: [] },
    ],
  });
}

describeLiveCluster('a cluster behind a fake API server', startFake);

describe('the published roles', () => {
  let server: FakeApiServer;
  beforeAll(async () => {
    server = await startFakeApiServer({
      kinds: allKinds(),
      objects: meshObjects(),
      users: [{ token: tokenOf('admin'), rules: 'all' }],
      tls: false,
    });
  });
  afterAll(() => server.stop());

  it('grant exactly what is asked for, and no Secret', async () => {
    const access = {
      base: new URL(server.url),
      headers: { authorization: `Bearer ${tokenOf('admin')}` },
      agent: undefined,
    };
    const connection = { name: 'admin', access: async () => access, renew: async () => {}, close: () => {} };
    await collectCluster(new ApiClient(connection), memoryStore());
    const { asked } = server;
    const key = (group: string, resource: string, verb: string, place: string) =>
      `${verb} ${group}/${resource} ${place}`;
    const wanted = new Set(
      asked.map(({ group, resource, verb, namespace }) => key(group, resource, verb, namespace ?? 'cluster')),
    );
    const granted = new Set(
      publishedRoles().flatMap(({ metadata, rules }) =>
        rules.flatMap(({ apiGroups, resources, verbs }) =>
          apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              verbs.map((verb) => key(group, resource, verb, metadata.namespace ?? 'cluster')),
            ),
          ),
        ),
      ),
    );
    expect([...wanted].filter((each) => !granted.has(each))).toEqual([]);
    const served = new Set(allKinds().map(({ group, resource }) => `${group}/${resource}`));
    const idle = [...granted].filter((each) => !wanted.has(each) && served.has(each.split(' ')[1] ?? ''));
    expect(idle).toEqual([]);
    expect(asked.map(({ resource }) => resource)).not.toContain('secrets');
  });
});
