import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EnvoyDump } from '../../model/observation/envoy-dump.ts';
import { recogniseForm } from './recognise.ts';

const sample = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/real-mesh/${name}`, import.meta.url), 'utf8');

function read(text: string): EnvoyDump {
  const form = recogniseForm(text);
  const outcome = form?.read(text, { file: 'dump.json', cluster: '' });
  if (!outcome || 'message' in outcome) throw new Error(outcome?.message ?? 'not recognised');
  const [dump] = outcome.observations;
  if (dump?.kind !== 'envoy-config-dump') throw new Error('no dump of an Envoy');
  return dump;
}

describe('an Envoy configuration dump', () => {
  it('is known by what it holds, and says whose proxy it is', () => {
    const { proxy, at, updated, listeners } = read(sample('config_dump.json'));
    expect(proxy).toMatchObject({
      type: 'sidecar',
      namespace: 'demo',
      pod: 'server-1',
      workload: 'server',
      serviceAccount: 'server',
      istioVersion: '1.32.0',
      envoyVersion: '1.40.0',
      interceptionMode: 'REDIRECT',
      addresses: ['10.244.0.11'],
    });
    expect(at).toBeUndefined();
    expect(updated).toMatch(/^2026-11-23T20:3\d/);
    expect(listeners.map(({ name }) => name)).toEqual(['virtualInbound']);
  });

  it('that Envoy could not print is said to be none', () => {
    const text =
      "Failed to convert protobuf message to JSON string: INVALID_ARGUMENT: could not find @type 'type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig'";
    expect(recogniseForm(text)?.read(text, { file: 'dump.json', cluster: '' })).toEqual({
      message:
        'no Envoy configuration dump: the proxy was sent `istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig`, which its build does not have and cannot print',
      help: "istiod's /debug/syncz says what the proxy rejected: istioctl x internal-debug syncz",
    });
  });

  it('says which identity the certificate holds and how long, and keeps neither body nor key', () => {
    const dump = read(sample('config_dump.json'));
    expect(dump.certificates.find(({ name }) => name === 'default')).toMatchObject({
      identities: ['spiffe://cluster.local/ns/demo/sa/server'],
      validTo: expect.stringMatching(/^2026-11-/),
    });
    expect(JSON.stringify(dump.certificates)).not.toMatch(/BEGIN|inline|LS0t/);
  });

  it('says what Envoy refused and why', () => {
    const { rejected, listeners } = read(sample('config_dump-nack.json'));
    expect(listeners).toEqual([]);
    expect(rejected.map(({ what }) => what)).toEqual(['listener 0.0.0.0_80', 'listener virtualInbound']);
    expect(rejected.find(({ what }) => what === 'listener virtualInbound')).toMatchObject({
      keepsOld: false,
      details: expect.stringContaining('istio.metadata_exchange'),
    });
  });

  it('names what is missing in one that is not whole', () => {
    const text = '{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump"}]}';
    const form = recogniseForm(text);
    expect(form?.read(text, { file: 'x', cluster: '' })).toMatchObject({
      message: expect.stringContaining('bootstrap'),
    });
  });

  it('leaves manifests alone', () => {
    expect(recogniseForm('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}')).toBeUndefined();
    expect(recogniseForm('configs: []\n# envoy.admin.v3.')).toBeUndefined();
  });
});
