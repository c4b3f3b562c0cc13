import type { CollectIo, InputSpec } from '../collect/collect.ts';
import { InputError } from '../collect/input-error.ts';
import type { Drift, ObjectDrift, SeenProxy, WorkloadEvidence } from '../evidence/evidence.ts';
import { readEvidence } from '../evidence/read-evidence.ts';
import { requestOf } from '../graph/request-of.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Observation } from '../model/observation/observation.ts';
import type { DriftAnswer } from '../result/drift.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { modeOfPort } from '../semantics/mtls/effective-mode.ts';
import { effectiveZtunnelMode } from '../semantics/ambient/effective-mode.ts';
import { type InputOptions, readInput } from './read-input.ts';

const SHOWS_WHAT_RUNS: ReadonlySet<Observation['kind']> = new Set([
  'envoy-config-dump',
  'ztunnel-config-dump',
  'istiod-ambientz',
  'istiod-objects',
  'istiod-services',
  'istiod-syncz',
  'probe-result',
  'testimony',
]);

/** Holds what was seen of a mesh against its configuration, by workload. Throws an InputError where nothing was seen. */
export async function runDrift(
  inputs: readonly InputSpec[],
  options: InputOptions & { readonly now?: Date },
  io: CollectIo,
): Promise<{ readonly answer: DriftAnswer; readonly diagnostics: readonly Diagnostic[] }> {
  const { mesh, observations, diagnostics } = await readInput(inputs, options, io);
  if (!observations.some(({ kind }) => SHOWS_WHAT_RUNS.has(kind)))
    throw new InputError(
      'nothing in the input shows what runs: expected dumps of proxies beside the manifests',
      'istioctl proxy-config all POD -n NAMESPACE -o json > POD.json, then name the file too',
      diagnostics,
    );
  const enforcement = new Enforcement(mesh);
  const { all, drifts, strangers, applied } = readEvidence(enforcement, observations, options.now);
  const seen = new Set(all.filter(({ proxies }) => proxies.length > 0).map(({ workload }) => workload.id));
  const drifting = new Set(drifts.map(({ workload }) => workload.id));
  const inMesh = mesh.workloads.filter(({ dataPlane }) => dataPlane.kind !== 'none');
  const answer: DriftAnswer = {
    agrees: drifts.length === 0 && (applied?.drifts ?? []).length === 0,
    looked: { of: inMesh.length, have: inMesh.filter(({ id }) => seen.has(id)).length },
    workloads: all
      .filter(({ workload: { id } }) => seen.has(id) || drifting.has(id))
      .map((evidence) => workloadOf(enforcement, evidence, drifts))
      .sort((a, b) => (a.workload < b.workload ? -1 : 1)),
    unseen: inMesh
      .map(({ id }) => id)
      .filter((id) => !seen.has(id))
      .sort(),
    objects: (applied?.drifts ?? []).map(objectOf),
    strangers,
  };
  return { answer, diagnostics };
}

const objectOf = ({ kind, object, fields, seen }: ObjectDrift): DriftAnswer['objects'][number] => ({
  state: kind,
  kind: object.kind,
  namespace: object.namespace,
  name: object.name,
  fields,
  file: seen.file,
});

function workloadOf(
  enforcement: Enforcement,
  { workload, proxies, replicas, captured, ports }: WorkloadEvidence,
  drifts: readonly Drift[],
): DriftAnswer['workloads'][number] {
  return {
    workload: workload.id,
    dataPlane: workload.dataPlane.kind,
    replicas: { have: proxies.length, of: replicas ?? null },
    proxies: proxies.map(proxyOf),
    captured,
    ports: [...ports].map(([port, { mtls, policies, tokens, routes, holds }]) => ({
      port,
      mtls: { ...mtls, configured: modeOf(enforcement, workload, port), ...(holds ? { holds } : {}) },
      policies,
      tokens,
      ...(routes ? { routes } : {}),
    })),
    drifts: drifts
      .filter((drift) => drift.workload.id === workload.id)
      .map(({ kind, port, looser, what, witness, causes, proxies: by }) => ({
        kind,
        ...(port === undefined ? {} : { port }),
        ...(looser ? { looser } : {}),
        what,
        ...(witness ? { witness: requestOf(witness) } : {}),
        causes,
        proxies: by.map(proxyOf),
      })),
  };
}

function modeOf(
  enforcement: Enforcement,
  workload: WorkloadEvidence['workload'],
  port: number,
): DriftAnswer['workloads'][number]['ports'][number]['mtls']['configured'] {
  if (workload.dataPlane.kind === 'gateway') return 'none';
  return workload.dataPlane.kind === 'ambient'
    ? effectiveZtunnelMode(enforcement.ztunnel(workload), port).mode
    : modeOfPort(enforcement.modes(workload), port).mode;
}

const proxyOf = ({ pod, file, at }: SeenProxy): DriftAnswer['workloads'][number]['proxies'][number] => ({
  pod,
  file,
  ...(at === undefined ? {} : { at }),
});
