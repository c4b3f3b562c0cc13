import { applyEvidence } from '../evidence/apply-evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { readEvidence } from '../evidence/read-evidence.ts';
import type { Facts } from '../graph/facts.ts';
import { makeFacts } from '../graph/make-facts.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import type { Input } from './read-input.ts';

/** The facts of an input, with what was seen of it running where the input holds that. `now`: what the age of evidence is measured against. */
export function observeFacts({ mesh, observations, stated }: Input, now?: Date): Facts {
  const configured = new Enforcement(mesh);
  if (observations.length === 0) return makeFacts(configured, stated);
  const evidence: Evidence = readEvidence(configured, observations, now);
  return makeFacts(applyEvidence(configured, evidence), stated, evidence);
}
