import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriftAnswer } from '../../src/result/drift.ts';
import type { Value } from '../live/fake-api-server.ts';
import { keepProcesses } from '../live/keep-processes.ts';
import { runMeshproof } from '../live/run-meshproof.ts';
import { askAll, decideAll } from './compare.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { putInForce } from './in-force.ts';
import { commonRequests } from './requests.ts';
import { scenesWith } from './scenes.ts';
import { type RunningMesh, startMesh } from './start-mesh.ts';
import { makeIssuer } from './tokens.ts';

const { KUBE_BIN = '', MESH_BIN = '', MESH_FOLDER = '' } = process.env;
const processes = keepProcesses(join(MESH_FOLDER, 'logs'));
const issuer = makeIssuer();
let mesh: RunningMesh;
let before: readonly Value[] = [];

beforeAll(async () => {
  mesh = await startMesh({ kube: KUBE_BIN, mesh: MESH_BIN, folder: MESH_FOLDER }, processes);
}, 180_000);
afterAll(() => processes.stop());

const meshproof = (...args: readonly string[]) =>
  runMeshproof(args, { cwd: MESH_FOLDER, env: { KUBECONFIG: mesh.kubeconfig } });

async function collected(): Promise<string> {
  const bundle = join(MESH_FOLDER, 'mesh.tar.gz');
  rmSync(bundle, { force: true });
  const { code, err } = await meshproof('collect', '--context', 'reader', '--out', bundle);
  expect({ code, gap: /gap: .*/.exec(err)?.[0] }).toEqual({ code: 0, gap: undefined });
  return bundle;
}

interface Audit {
  readonly inventory: {
    readonly workloads: readonly {
      readonly id: string;
      readonly dataPlane: { readonly kind: string; readonly status: string };
      readonly ports: readonly {
        readonly port: number;
        readonly mtls: { readonly mode: string; readonly status: string };
        readonly authorization: { readonly status: string };
      }[];
    }[];
  };
}

describe('what the mesh does is what the model says', () => {
  it.each(scenesWith(issuer))('$name', async ({ objects, requests: own }) => {
    await putInForce(mesh, { objects, instead: before });
    before = objects;
    const requests = [...commonRequests(), ...own];
    const bundle = await collected();
    const expected = await decideAll(bundle, requests);
    const seen = await askAll(mesh, requests, { issuer, expected });
    expect(seen).toEqual(expected);
    expect(Object.keys(seen)).toHaveLength(requests.length);
    expect(new Set(Object.values(seen))).toEqual(new Set(['allow', 'deny']));

    const dumps = await gatherEvidence(mesh);
    const drift = await meshproof('drift', bundle, dumps, '--format', 'json');
    const { workloads, unseen }: DriftAnswer = JSON.parse(drift.out);
    expect(workloads.flatMap(({ drifts }) => drifts)).toEqual([]);
    expect(unseen).toEqual([]);
    expect(workloads.map(({ workload }) => workload)).toEqual(['demo/client-a', 'demo/server', 'other/client-b']);
    const states = workloads.flatMap(({ captured, ports }) => [
      captured.state,
      ...ports.flatMap(({ mtls, policies, tokens }) => [mtls.state, policies.state, tokens.state]),
    ]);
    expect(new Set(states)).toEqual(new Set(['verified']));

    const audit = await meshproof('audit', '--context', 'reader', dumps, '--format', 'json');
    const server = (JSON.parse(audit.out) as Audit).inventory.workloads.find(({ id }) => id === 'demo/server');
    expect(server?.dataPlane).toMatchObject({ kind: 'sidecar', status: 'VERIFIED' });
    expect(server?.ports.map(({ port, mtls, authorization }) => [port, mtls.status, authorization.status])).toEqual(
      [8080, 8081, 9000].map((port) => [port, 'VERIFIED', 'VERIFIED']),
    );
  });
});
