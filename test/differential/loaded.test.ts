import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { comparePort, type PortComparison } from '../../src/evidence/envoy/compare-port.ts';
import { readChains } from '../../src/evidence/envoy/read-chains.ts';
import { replayedScenes } from '../replay/conformance.ts';
import { SCENE_APP } from '../sidecar-scene.ts';

interface Sent {
  readonly set: string;
  readonly filters: readonly Readonly<Record<string, unknown>>[];
  readonly chains: readonly (Readonly<Record<string, unknown>> & {
    readonly filters: readonly (number | { http: readonly number[] })[];
  })[];
}

function readSent(): readonly Sent[] {
  const file = new URL('../../conformance/loaded/filters.jsonl.gz', import.meta.url);
  const [, ...lines] = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Sent);
}

/** As a dump shows it. */
function listenerOf({ filters, chains }: Sent) {
  const manager = (http: readonly number[]) => ({
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: { http_filters: http.map((number) => filters[number]) },
  });
  return {
    name: 'virtualInbound',
    config: {
      filter_chains: chains.map((chain) => ({
        ...chain,
        filters: chain.filters.map((part) => (typeof part === 'number' ? filters[part] : manager(part.http))),
      })),
    },
  };
}

describe('what istiod sends, read back', () => {
  const scenes = replayedScenes();
  const compared = readSent().flatMap((sent) => {
    const scene = scenes.get(sent.set);
    if (!scene) throw new Error(`no set ${sent.set} in conformance/vectors`);
    const [workload] = scene.mesh.workloads.filter(({ name }) => name === SCENE_APP);
    if (!workload) throw new Error(`no workload in ${sent.set}`);
    const chains = readChains({ listeners: [listenerOf(sent)] });
    return workload.ports.map((port) => ({ set: sent.set, ...comparePort(scene, workload, port, chains) }));
  });
  const named = (list: readonly (PortComparison & { set: string })[]) => list.map(({ set, port }) => `${set}:${port}`);

  it('means the same as the policies', () => {
    expect(compared.length).toBeGreaterThan(3000);
    expect(named(compared.filter(({ differences }) => differences.length > 0))).toEqual([]);
  });

  it('demands the same certificates', () => {
    expect(named(compared.filter(({ mtls }) => mtls?.same !== true))).toEqual([]);
  });

  it('has the same JWT rules', () => {
    expect(compared.filter(({ jwt }) => jwt.length > 0).map(({ set, jwt }) => [set, jwt])).toEqual([]);
  });

  it('holds nothing that is not read', () => {
    expect(compared.filter(({ open }) => open.length > 0).map(({ set, open }) => [set, open])).toEqual([]);
  });
});
