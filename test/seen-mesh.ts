import { readFileSync } from 'node:fs';
import { readText } from '../src/collect/collect.ts';
import { recogniseForm } from '../src/collect/observations/recognise.ts';
import { loadMesh } from '../src/engine/load-mesh.ts';
import { applyEvidence } from '../src/evidence/apply-evidence.ts';
import type { Evidence } from '../src/evidence/evidence.ts';
import { readEvidence } from '../src/evidence/read-evidence.ts';
import type { Facts } from '../src/graph/facts.ts';
import { makeFacts } from '../src/graph/make-facts.ts';
import type { Observation } from '../src/model/observation/observation.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';

/** A file of the mesh that was recorded. */
export const sample = (name: string): string =>
  readFileSync(new URL(`./fixtures/real-mesh/${name}`, import.meta.url), 'utf8');

/** The text with other pieces in it; throws where a piece is not there, so that no test changes nothing. */
export function changed(text: string, ...changes: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return changes.reduce((before, [from, to]) => {
    const after = typeof from === 'string' ? before.replaceAll(from, to) : before.replace(from, to);
    if (after === before) throw new Error(`\`${from}\` is not in the text`);
    return after;
  }, text);
}

interface Chain {
  name: string;
  filter_chain_match: Record<string, unknown>;
  filters: { name: string; typed_config: Record<string, unknown> & { http_filters?: unknown[] } }[];
  transport_socket?: unknown;
}

interface Listener {
  name: string;
  active_state?: { listener: { filter_chains: Chain[] } };
  error_state?: unknown;
}

/** The recorded dump of the server's sidecar, with its inbound listener changed. */
export function changedInbound(change: (chains: Chain[], listener: Listener) => void): string {
  const dump = JSON.parse(sample('config_dump.json')) as { configs: { dynamic_listeners?: Listener[] }[] };
  const listeners = dump.configs.flatMap(({ dynamic_listeners: list = [] }) => list);
  const inbound = listeners.find(({ name }) => name === 'virtualInbound');
  if (!inbound?.active_state) throw new Error('no inbound listener in the sample');
  change(inbound.active_state.listener.filter_chains, inbound);
  return JSON.stringify(dump);
}

/** What a text shows of a running mesh. Throws where it is of no form that is known. */
export function observed(text: string, file = 'dump.json'): readonly Observation[] {
  const outcome = recogniseForm(text)?.read(text, { file, cluster: '' });
  if (!outcome || 'message' in outcome) throw new Error(`${file}: ${outcome?.message ?? 'not recognised'}`);
  return outcome.observations;
}

/** Throws where the manifests have an error. */
export function enforcementOf(manifests: string): Enforcement {
  const read = readText(manifests, 'manifests.yaml');
  const { mesh, diagnostics } = loadMesh(read.objects, {});
  const errors = [...read.diagnostics, ...diagnostics].filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, null, 1));
  return new Enforcement(mesh);
}

/** Texts of what was seen, held against manifests. */
export function evidenceOf(manifests: string, ...texts: readonly string[]): Evidence {
  return readEvidence(
    enforcementOf(manifests),
    texts.flatMap((text, index) => observed(text, `dump-${index}.json`)),
  );
}

/** The facts of manifests with what was seen of them. */
export function factsSeen(manifests: string, ...texts: readonly string[]): Facts {
  const configured = enforcementOf(manifests);
  const seen = texts.flatMap((text, index) => observed(text, `dump-${index}.json`));
  const evidence = readEvidence(configured, seen);
  return makeFacts(applyEvidence(configured, evidence), {}, evidence);
}
