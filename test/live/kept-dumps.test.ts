import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepObservation, type KeptObservation } from '../../src/collect/dumps/keep-observation.ts';
import type { Evidence } from '../../src/evidence/evidence.ts';
import { readEvidence } from '../../src/evidence/read-evidence.ts';
import type { Observation } from '../../src/model/observation/observation.ts';
import { AMBIENT_MESH, ztunnelSays } from '../ambient-scene.ts';
import { root } from '../e2e/meshproof.ts';
import { enforcementOf, observed, sample } from '../seen-mesh.ts';

const scene = (folder: string, name: string) =>
  ['yaml', 'json'].map((end) => readFileSync(join(root, 'src/rules/drift', folder, `${name}.${end}`), 'utf8')) as [
    string,
    string,
  ];

const SCENES: readonly (readonly [name: string, manifests: string, dump: string])[] = [
  ...readdirSync(join(root, 'src/rules/drift'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'not-applied')
    .flatMap(({ name }) =>
      ['vulnerable', 'hardened'].map((which) => [`${name} ${which}`, ...scene(name, which)] as const),
    ),
  ['ztunnel', AMBIENT_MESH, ztunnelSays()],
  ['a recorded mesh', sample('manifests.yaml'), sample('config_dump.json')],
  ['a recorded mesh with a rejected listener', sample('manifests.yaml'), sample('config_dump-nack.json')],
];

const concluded = ({ all, drifts, strangers }: Evidence) => ({
  workloads: all.map(({ workload, captured, ports }) => [workload.id, captured, [...ports]]),
  drifts: drifts.map(({ kind, what, causes }) => ({ kind, what, causes })),
  strangers,
});

it.each(SCENES)('what is kept of a dump shows what the dump shows: %s', (_name, manifests, dump) => {
  const enforcement = enforcementOf(manifests);
  const whole = observed(dump);
  const kept: readonly Observation[] = whole.map((each) => keepObservation(each as KeptObservation));
  const shown = concluded(readEvidence(enforcement, whole));
  expect(concluded(readEvidence(enforcement, kept))).toEqual(shown);
  expect(shown.workloads.length + shown.strangers.length).toBeGreaterThan(0);
});
