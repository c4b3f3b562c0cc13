import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { audit } from '../../src/engine/audit.ts';
import { runDrift } from '../../src/engine/drift.ts';
import type { DriftAnswer } from '../../src/result/drift.ts';
import type { AuditResult } from '../../src/result/types.ts';
import type { Run } from '../e2e/meshproof.ts';
import { runMeshproof } from '../live/run-meshproof.ts';
import { askIstiod } from './control-plane.ts';
import { dumpOf } from './in-force.ts';
import type { RunningMesh, RunningPod } from './start-mesh.ts';

/** Runs the program as somebody who may read the cluster would. */
export const runIn = ({ folder, kubeconfig }: RunningMesh, ...args: readonly string[]): Promise<Run> =>
  runMeshproof(args, { cwd: folder, env: { KUBECONFIG: kubeconfig } });

/** The cluster as a bundle, read by the program with the published roles. */
export async function collectBundle(mesh: RunningMesh): Promise<string> {
  const bundle = join(mesh.folder, 'mesh.tar.gz');
  rmSync(bundle, { force: true });
  const { code, err } = await runIn(mesh, 'collect', '--context', 'reader', '--out', bundle);
  if (code !== 0 || err.includes('gap:')) throw new Error(`the collection is not whole: ${err}`);
  return bundle;
}

/** Dumps of all proxies and what istiod says of them, as files in a folder. */
export async function gatherEvidence(mesh: RunningMesh): Promise<string> {
  const folder = join(mesh.folder, 'dumps');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const dump = async (running: RunningPod): Promise<void> =>
    writeFileSync(join(folder, `${running.pod.name}.json`), await dumpOf(running));
  await Promise.all([...mesh.pods.values()].filter(({ pod }) => pod.proxy).map(dump));
  writeFileSync(join(folder, 'syncz.json'), await askIstiod('syncz'));
  return folder;
}

const inputs = (paths: readonly string[]) => paths.map((path) => ({ path }));
const io = ([path = '']: readonly string[]) => ({ cwd: dirname(path), stdin: async () => Buffer.alloc(0) });

export const driftOf = async (...paths: readonly string[]): Promise<DriftAnswer> =>
  (await runDrift(inputs(paths), {}, io(paths))).answer;

type AuditedWorkload = AuditResult['inventory']['workloads'][number];

/** What an audit says of the server. */
export async function auditedServer(...paths: readonly string[]): Promise<AuditedWorkload> {
  const { inventory } = await audit(inputs(paths), {}, io(paths));
  const server = inventory.workloads.find(({ id }) => id === 'demo/server');
  if (!server) throw new Error('the server is not in the inventory');
  return server;
}

/** By port, the status of its mutual TLS and of its authorization. */
export const statusesOf = ({ ports }: Pick<AuditedWorkload, 'ports'>): readonly (readonly [number, string, string])[] =>
  ports.map(({ port, mtls, authorization }) => [port, mtls.status, authorization.status]);
