import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keepProcesses } from '../live/keep-processes.ts';
import type { DriftAnswer } from '../../src/result/drift.ts';
import { makeAuthority } from './certificates.ts';
import { askAll, decideAll } from './compare.ts';
import { startControlPlane } from './control-plane.ts';
import { auditedServer, collectBundle, driftOf, gatherEvidence, runIn, statusesOf } from './gather-evidence.ts';
import { change, putInForce, putMarked, untilRejected, untilTaken } from './in-force.ts';
import { all, authorization, CLIENT_A, peer, SERVER_ONLY, STRICT } from './policies.ts';
import { probeMesh } from './probe-mesh.ts';
import { commonRequests } from './requests.ts';
import type { Scene } from './scene.ts';
import { gatewayScenesWith, scenesWith } from './scenes.ts';
import { restartProxy, type RunningMesh, startMesh } from './start-mesh.ts';
import { makeIssuer } from './tokens.ts';
import { AT_WAYPOINT, throughWaypoint, waypointScenes } from './waypoint-scenes.ts';
import { HBONE, INGRESS, WAYPOINT } from './world.ts';

const { KUBE_BIN = '', MESH_BIN = '', MESH_FOLDER = '' } = process.env;
const processes = keepProcesses(join(MESH_FOLDER, 'logs'));
const issuer = makeIssuer();
const credentials = { issuer, authority: makeAuthority(join(MESH_FOLDER, 'authority')) };
let mesh: RunningMesh;

beforeAll(async () => {
  mesh = await startMesh(processes, { kube: KUBE_BIN, mesh: MESH_BIN, folder: MESH_FOLDER });
}, 300_000);
afterEach(() => processes.until('everything runs', 1, async () => true));
afterAll(() => processes.stop());

/** The port that is kept from the sidecar cannot be shown by what the sidecar holds. */
const VERIFIED = [
  [7000, 'INFERRED', 'INFERRED'],
  [8080, 'VERIFIED', 'VERIFIED'],
  [8081, 'VERIFIED', 'VERIFIED'],
  [9000, 'VERIFIED', 'VERIFIED'],
  [9100, 'VERIFIED', 'VERIFIED'],
];
const NOTHING = all(authorization('nothing', '{}'));
const ONLY_A = `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { paths: [/ok] } }] }] }`;

const WORKLOADS = ['ambient/waypoint', 'demo/client-a', 'demo/server', 'edge/ingress', 'other/client-b'];

/** Puts objects in force, and collects the cluster while the proxies take them: the bundle. */
async function bringAbout(objects: Scene['objects']): Promise<string> {
  const marks = await putMarked(mesh, objects);
  const [bundle] = await Promise.all([collectBundle(mesh), untilTaken(mesh, marks)]);
  return bundle;
}

/** What every proxy holds is what a bundle comes to; the folder of their dumps. */
async function expectVerified(bundle: string): Promise<string> {
  const dumps = await gatherEvidence(mesh);
  const { agrees, workloads, unseen, strangers } = await driftOf(bundle, dumps);
  expect(workloads.flatMap(({ drifts }) => drifts)).toEqual([]);
  expect({ agrees, unseen, strangers }).toEqual({ agrees: true, unseen: [], strangers: [] });
  expect(workloads.map(({ workload }) => workload)).toEqual(WORKLOADS);
  // All that a waypoint holds is compared there, by service.
  expect(workloads[0]?.ports.map(({ port }) => port)).toEqual([HBONE]);
  const states = workloads.flatMap(({ captured, ports, dataPlane }) => [
    captured.state,
    // The TLS of a gateway is not compared with its Gateways, and that of a waypoint is that of its tunnel.
    ...ports.flatMap(({ mtls, policies, tokens }) => [
      ...(dataPlane === 'gateway' ? [] : [mtls.state]),
      policies.state,
      tokens.state,
    ]),
  ]);
  expect(new Set(states)).toEqual(new Set(['verified']));
  return dumps;
}

const describeDrifts = (workloads: DriftAnswer['workloads']): readonly string[] =>
  workloads
    .flatMap(({ workload, drifts }) =>
      drifts.map(({ kind, port, looser, what }) =>
        port === undefined ? `${workload} ${kind}: ${what}` : `${workload}:${port} ${kind}, looser: ${looser}`,
      ),
    )
    .sort();

/** The last answer to istiod may still be on its way. */
const untilItAgrees = (): Promise<void> =>
  expect
    .poll(async () => (await driftOf(await collectBundle(mesh), await gatherEvidence(mesh))).agrees, {
      timeout: 30_000,
      interval: 1_000,
    })
    .toBe(true);

/** A title that is not cut off. */
const named = (scenes: readonly Scene[]) => scenes.map((scene) => [scene.name, scene] as const);

describe('what a real mesh does is what the model says', () => {
  it.each(named(scenesWith(issuer)))('%s', async (_, { objects, requests: own = [] }) => {
    const bundle = await bringAbout(objects);
    const requests = [...commonRequests(), ...own];
    const expected = await decideAll(bundle, requests);
    const seen = await askAll(mesh, requests, { credentials, expected });
    expect(seen).toEqual(expected);
    expect(Object.keys(seen)).toHaveLength(requests.length);
    expect(new Set(Object.values(seen))).toEqual(new Set(['allow', 'deny']));

    const dumps = await expectVerified(bundle);
    expect(statusesOf(await auditedServer(bundle, dumps))).toEqual(VERIFIED);
  });
});

describe('what a real ingress gateway does is what the model says', () => {
  it.each(named(gatewayScenesWith(credentials)))('%s', async (_, { objects, requests = [], proxyConfig }) => {
    if (!isDeepStrictEqual(mesh.pods.get(INGRESS.name)?.pod.proxyConfig, proxyConfig))
      await restartProxy(mesh, INGRESS.name, proxyConfig);
    const expected = await decideAll(await bringAbout(objects), requests);
    const seen = await askAll(mesh, requests, { credentials, expected });
    expect(seen).toEqual(expected);
    expect(Object.keys(seen)).toHaveLength(requests.length);
    expect(new Set(Object.values(seen))).toEqual(new Set(['allow', 'deny']));
  });
});

describe('what a real waypoint does is what the model says', () => {
  it.each(named(waypointScenes(issuer)))('%s', async (_, { objects, requests = [] }) => {
    const bundle = await bringAbout(objects);
    const expected = await decideAll(bundle, requests);
    const seen = await askAll(mesh, requests, { credentials, expected });
    expect(seen).toEqual(expected);
    expect(Object.keys(seen)).toHaveLength(requests.length);
    expect(new Set(Object.values(seen))).toEqual(new Set(['allow', 'deny']));
    await expectVerified(bundle);
  });
});

describe('evidence of a real mesh', () => {
  it('stands beside a cluster that is read now', async () => {
    await putInForce(mesh, all(STRICT));
    const dumps = await gatherEvidence(mesh);
    const { out } = await runIn(mesh, 'audit', '--context', 'reader', dumps, '--format', 'json');
    const { input, inventory } = JSON.parse(out);
    expect(input.istioVersion.value).toBe('1.32.0');
    const server = inventory.workloads.find(({ id }: { readonly id: string }) => id === 'demo/server');
    expect(server.dataPlane).toMatchObject({ kind: 'sidecar', status: 'VERIFIED' });
    expect(statusesOf(server)).toEqual(VERIFIED);
    const { code } = await runIn(mesh, 'drift', '--context', 'reader', dumps);
    expect(code).toBe(0);
  });

  it('comes of probes that the program wrote', async () => {
    await putInForce(mesh, all(STRICT, authorization('only-a', ONLY_A)));
    const bundle = await collectBundle(mesh);
    expect(statusesOf(await auditedServer(bundle))[1]).toEqual([8080, 'INFERRED', 'INFERRED']);
    const results = await probeMesh(mesh, bundle);
    expect(statusesOf(await auditedServer(bundle, results))[1]).toEqual([8080, 'VERIFIED', 'VERIFIED']);
  });
});

describe('a mesh that does not do what is configured', () => {
  it('a sidecar gets nothing new: it goes on, and that is said', async () => {
    await putInForce(mesh, []);
    const agent = mesh.pods.get('server')?.agent;
    agent?.kill('SIGSTOP');
    try {
      await putInForce(mesh, [...all(STRICT), ...NOTHING], ['server']);
      const bundle = await collectBundle(mesh);
      const [request] = commonRequests().filter(({ from }) => from.workload === 'legacy/plain');
      if (!request) throw new Error('nobody without a sidecar');
      const expected = await decideAll(bundle, [request]);
      const seen = await askAll(mesh, [request], { credentials, expected: { ...expected }, seconds: 1 });
      expect([Object.values(expected), Object.values(seen)]).toEqual([['deny'], ['allow']]);

      const dumps = await gatherEvidence(mesh);
      const { agrees, workloads } = await driftOf(bundle, dumps);
      expect(agrees).toBe(false);
      expect(describeDrifts(workloads)).toEqual([
        // istiod says it as well.
        expect.stringContaining('demo/server rejected: the proxy has not answered what istiod sent it last (STALE)'),
        ...[8080, 8081, 9000, 9100].flatMap((port) => [
          `demo/server:${port} mutual-tls, looser: proxy`,
          `demo/server:${port} policies, looser: proxy`,
        ]),
      ]);
      const { code, out } = await runIn(mesh, 'drift', '--context', 'reader', dumps);
      expect({ code, isSaid: out.includes('a proxy holds PERMISSIVE') }).toEqual({ code: 1, isSaid: true });
    } finally {
      agent?.kill('SIGCONT');
    }
    await putInForce(mesh, [...all(STRICT), ...NOTHING]);
    await untilItAgrees();
  });

  it('a waypoint gets nothing new: it goes on, and that is said', async () => {
    await putInForce(mesh, []);
    const agent = mesh.pods.get(WAYPOINT.name)?.agent;
    const objects = all(authorization('nothing', `{ ${AT_WAYPOINT} }`, WAYPOINT.namespace));
    agent?.kill('SIGSTOP');
    try {
      await putInForce(mesh, objects, [WAYPOINT.name]);
      const bundle = await collectBundle(mesh);
      const request = throughWaypoint(CLIENT_A, '/ok');
      const expected = await decideAll(bundle, [request]);
      const seen = await askAll(mesh, [request], { credentials, expected, seconds: 1 });
      expect([Object.values(expected), Object.values(seen)]).toEqual([['deny'], ['allow']]);

      const { agrees, workloads } = await driftOf(bundle, await gatherEvidence(mesh));
      expect(agrees).toBe(false);
      expect(describeDrifts(workloads)).toEqual([
        expect.stringContaining(
          'ambient/waypoint rejected: the proxy has not answered what istiod sent it last (STALE)',
        ),
        `ambient/waypoint:${HBONE} policies, looser: proxy`,
      ]);
    } finally {
      agent?.kill('SIGCONT');
    }
    await putInForce(mesh, objects);
    await untilItAgrees();
  });

  it('Envoy rejects what istiod sends: both say so', async () => {
    await putInForce(mesh, all(peer('{ mtls: { mode: PERMISSIVE } }')));
    await processes.end('istiod');
    await startControlPlane(processes, { ...mesh.controlPlane, hasOwnFilter: true });
    await change(mesh, all(STRICT));
    await untilRejected(mesh, 'server');
    const bundle = await collectBundle(mesh);
    const { agrees, workloads } = await driftOf(bundle, await gatherEvidence(mesh));
    expect(agrees).toBe(false);
    const server = workloads.find(({ workload }) => workload === 'demo/server');
    expect(new Set(server?.drifts.map(({ kind }) => kind))).toEqual(new Set(['rejected', 'mutual-tls']));
    expect(server?.drifts.map(({ what }) => what).join('\n')).toContain('istio.metadata_exchange');
  });
});
