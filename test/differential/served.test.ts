import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRoutes } from '../../src/collect/observations/envoy-routes.ts';
import { compareServing } from '../../src/evidence/envoy/compare-serving.ts';
import { compareWaypoint } from '../../src/evidence/envoy/compare-waypoint.ts';
import { configuredPorts } from '../../src/evidence/envoy/configured-serving.ts';
import { loadedPorts } from '../../src/evidence/envoy/loaded-serving.ts';
import { requestOf } from '../../src/graph/request-of.ts';
import { isObject } from '../../src/model/shape.ts';
import { readWaypointChains } from '../../src/evidence/envoy/read-chains.ts';
import { listenersOf, type Served } from '../replay/served.ts';
import { injected } from '../replay/gateway-ways.ts';
import { enforcementOfWay, readWays } from '../replay/ways.ts';

function readServed(): ReadonlyMap<string, Served> {
  const file = new URL('../../conformance/loaded/served.jsonl.gz', import.meta.url);
  const [, ...lines] = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as Served).map((each) => [each.set, each]));
}

describe('what istiod sends to gateways, read back', () => {
  const served = readServed();
  const compared = readWays('gateway').flatMap(({ header, sets }) =>
    sets.flatMap((set) => {
      const sent = served.get(set.set);
      if (!sent) throw new Error(`${set.set} is not in conformance/loaded`);
      const enforcement = enforcementOfWay(header, set, injected);
      const { name, namespace } = header.world.proxy;
      const workload = enforcement.mesh.workloads.find(({ id }) => id === `${namespace}/${name}`);
      if (!workload) throw new Error(`no workload ${namespace}/${name}`);
      const dump = { listeners: listenersOf(sent), routes: (sent.routes ?? []).flatMap(readRoutes) };
      // A Service's port without `targetPort`, as no API server leaves it, became a listener without a port.
      const isPortless = sent.listeners.some(({ address }) => isObject(address) && 'pipe' in address);
      const ports = new Set([...loadedPorts(dump), ...configuredPorts(enforcement, workload)]);
      return [...ports]
        .filter((port) => !(isPortless && port === 9000))
        .map((port) => ({ set: set.set, ...compareServing(enforcement, workload, port, dump) }));
    }),
  );

  it('serves the same names, with the same TLS', () => {
    expect(compared.length).toBeGreaterThan(100);
    expect(compared.flatMap(({ set, port, tls }) => tls.map(({ what }) => `${set}:${port} ${what}`))).toEqual([]);
  });

  it('leads to the same clusters', () => {
    expect(compared.flatMap(({ set, port, routes }) => routes.map(({ what }) => `${set}:${port} ${what}`))).toEqual([]);
  });

  it('is compared whole', () => {
    expect(compared.flatMap(({ set, open }) => open.map((why) => `${set} ${why}`))).toEqual([]);
  });
});

describe('what istiod sends to waypoints, read back', () => {
  const served = readServed();
  const compared = readWays('waypoint').flatMap(({ header, sets }) =>
    sets.map((set) => {
      const sent = served.get(set.set);
      if (!sent) throw new Error(`${set.set} is not in conformance/loaded`);
      const enforcement = enforcementOfWay(header, set);
      const { name, namespace } = header.world.proxy;
      const workload = enforcement.mesh.workloads.find(({ id }) => id === `${namespace}/${name}`);
      if (!workload) throw new Error(`no workload ${namespace}/${name}`);
      const chains = readWaypointChains({ listeners: listenersOf(sent) });
      return { set: set.set, ...compareWaypoint(enforcement, workload, chains) };
    }),
  );

  it('means the same as the policies', () => {
    expect(compared.length).toBeGreaterThan(40);
    expect(compared.some(({ policies }) => policies.length > 0)).toBe(true);
    const different = compared.filter(({ differences, jwt }) => differences.length + jwt.length > 0);
    expect(
      different.map(({ set, differences, jwt }) => [set, differences.map(({ passes, what }) => [passes, what]), jwt]),
    ).toEqual([]);
  });

  it('holds nothing that is not read', () => {
    expect(compared.filter(({ open }) => open.length > 0).map(({ set, open }) => [set, open])).toEqual([]);
  });

  it('that differs in one identity shows a request to the service', () => {
    const set = 'waypoint-by-hand';
    const [recording] = readWays('waypoint').filter(({ area }) => area === set);
    const scene = recording?.sets.find(({ set: name }) => JSON.stringify(served.get(name)).includes('sa/client"'));
    if (!recording || !scene) throw new Error('no scene with an identity');
    const enforcement = enforcementOfWay(recording.header, scene);
    const { name, namespace } = recording.header.world.proxy;
    const workload = enforcement.mesh.workloads.find(({ id }) => id === `${namespace}/${name}`);
    if (!workload) throw new Error('no waypoint');
    const other = JSON.parse(JSON.stringify(served.get(scene.set)).replaceAll('sa/client"', 'sa/stranger"'));
    const { differences } = compareWaypoint(
      enforcement,
      workload,
      readWaypointChains({ listeners: listenersOf(other) }),
    );
    expect(new Set(differences.map(({ passes }) => passes))).toEqual(new Set(['proxy', 'configuration']));
    const witnesses = differences.map(({ witness }) => requestOf(witness));
    expect(witnesses).toContainEqual(
      expect.objectContaining({
        from: { principal: 'cluster.local/ns/bar/sa/stranger' },
        to: expect.objectContaining({ service: 'shop/api' }),
      }),
    );
  });
});
