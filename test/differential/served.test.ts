import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRoutes } from '../../src/collect/observations/envoy-routes.ts';
import { compareServing } from '../../src/evidence/envoy/compare-serving.ts';
import { configuredPorts } from '../../src/evidence/envoy/configured-serving.ts';
import { loadedPorts } from '../../src/evidence/envoy/loaded-serving.ts';
import { isObject } from '../../src/model/shape.ts';
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
