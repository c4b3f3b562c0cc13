import { describe, expect, it } from 'vitest';
import { changed, evidenceOf, sample } from '../../test/seen-mesh.ts';

const pods = (name: string): string =>
  changed(sample('manifests.yaml'), [
    /(apiVersion: v1\nkind: Pod\nmetadata:\n {2}name: server-1[\s\S]*?ip: 10\.244\.0\.11\n---\n)/,
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: server, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec: {serviceAccountName: server, containers: [{name: ${name}, image: "app:1"}]}
---
`,
  ]);

const dump = changed(sample('config_dump.json'), ['server-1', 'server-5d4f8-abcde']);
/** client-b's row stands for the other replica: its version of the push is what matters. */
const syncz = changed(
  sample('syncz.json'),
  ['server-1.demo', 'server-5d4f8-abcde.demo'],
  ['client-b-1.demo', 'server-5d4f8-fghij.demo'],
);

const captured = (...texts: readonly string[]) =>
  evidenceOf(pods('app'), ...texts).all.find(({ workload }) => workload.name === 'server')?.captured;

describe('what istiod says of its proxies', () => {
  it('extends a dump to replicas that took the same push', () => {
    expect(captured(dump)).toMatchObject({ state: 'loaded' });
    expect(captured(dump, syncz)).toEqual({
      state: 'verified',
      why: 'loaded and captured, 1 of 2 replicas, 1 more by class: they took the same push',
    });
  });

  it('and not to one that took another, or runs another version', () => {
    const rows = JSON.parse(syncz) as { proxy: string; listener_acked: string; istio_version: string }[];
    const other = (change: Partial<(typeof rows)[number]>) =>
      JSON.stringify(rows.map((row) => (row.proxy.includes('fghij') ? { ...row, ...change } : row)));
    const [{ listener_acked: nonce = '' } = {}] = rows;
    expect(captured(dump, other({ listener_acked: nonce.replace(/:\d\dZ/, ':01Z') }))?.state).toBe('loaded');
    expect(captured(dump, other({ istio_version: '1.30.0' }))?.state).toBe('loaded');
  });

  it('alone proves nothing, and shows what was rejected', () => {
    const clean = evidenceOf(sample('manifests.yaml'), sample('syncz.json'));
    expect(clean.drifts).toEqual([]);
    expect(clean.all.map((each) => each.captured.state)).toEqual(['open', 'open', 'open']);
    const { drifts } = evidenceOf(sample('manifests.yaml'), sample('syncz-nack.json'));
    expect(drifts.map(({ kind, workload }) => `${workload.name} ${kind}`)).toContain('server-1 rejected');
    expect(drifts[0]?.what).toContain("Didn't find a registered implementation for 'istio.metadata_exchange'");
  });

  it('is not said twice where the dump says it', () => {
    const both = evidenceOf(sample('manifests.yaml'), sample('config_dump-nack.json'), sample('syncz-nack.json'));
    const server = both.drifts.filter(({ workload }) => workload.name === 'server-1');
    expect(server.every(({ what }) => !what.startsWith('istiod was told'))).toBe(true);
  });

  it('that is cut names itself', () => {
    expect(() => evidenceOf(sample('manifests.yaml'), sample('syncz.json').slice(0, 3000))).toThrow('not whole');
  });
});

describe('what istiod says of proxies that do not answer', () => {
  const stale = (field: string, value: string): string =>
    changed(sample('syncz.json'), [new RegExp(`("proxy":"server-1.demo".*?"${field}":")[^"]*`), `$1${value}`]);
  const driftsOf = (text: string) =>
    evidenceOf(sample('manifests.yaml'), text).drifts.map(({ workload, what, unanswered }) => [
      workload.name,
      what,
      unanswered,
    ]);

  it('is drift where what was sent last is not what was acknowledged', () => {
    const text = stale('listener_acked', '2026-11-22T20:38:58Z/23a48dc9f8-4ab1-4c56-9f87-9f4424c469a4');
    expect(driftsOf(text)).toEqual([
      ['server-1', 'the proxy has not answered what istiod sent it last (STALE): listeners', true],
    ]);
  });

  it('is drift where a sidecar was sent nothing', () => {
    const text = changed(stale('cluster_sent', ''), [/("proxy":"server-1.demo".*?"cluster_acked":")[^"]*/, '$1']);
    expect(driftsOf(text)).toEqual([
      ['server-1', 'istiod has sent the proxy nothing of what it needs (NOT SENT): clusters', true],
    ]);
  });

  it('is none where all is acknowledged, and the refusal alone where one refused', () => {
    expect(driftsOf(sample('syncz.json'))).toEqual([]);
    expect(driftsOf(sample('syncz-nack.json')).every(([, , unanswered]) => unanswered === undefined)).toBe(true);
    expect(driftsOf(sample('syncz-nack.json')).length).toBeGreaterThan(0);
  });
});
