import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askIstiod } from './control-plane.ts';
import { dumpOf } from './in-force.ts';
import type { RunningMesh } from './start-mesh.ts';

/** Dumps of all sidecars and what istiod says of them, as files in a folder. */
export async function gatherEvidence(mesh: RunningMesh): Promise<string> {
  const folder = join(mesh.folder, 'dumps');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const running of mesh.pods.values())
    if (running.pod.hasSidecar) writeFileSync(join(folder, `${running.pod.name}.json`), await dumpOf(running));
  writeFileSync(join(folder, 'syncz.json'), await askIstiod('syncz'));
  return folder;
}
