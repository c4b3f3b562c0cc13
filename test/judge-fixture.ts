import { existsSync, readFileSync } from 'node:fs';
import { readText } from '../src/collect/collect.ts';
import { loadMesh, type StatedFacts } from '../src/engine/load-mesh.ts';
import { applyEvidence } from '../src/evidence/apply-evidence.ts';
import { readEvidence } from '../src/evidence/read-evidence.ts';
import type { Facts } from '../src/graph/facts.ts';
import { makeFacts, type Stated } from '../src/graph/make-facts.ts';
import type { Fail, Outcome, Rule } from '../src/rules/rule.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import { observed } from './seen-mesh.ts';

/**
 * Facts about the mesh in a YAML text, and what dumps show of it. Throws if the text has an error, so that a fixture never tests less than it
 * says.
 */
export function factsOfText(
  text: string,
  name: string,
  stated: Stated = {},
  facts: StatedFacts = {},
  dumps: readonly string[] = [],
): Facts {
  const read = readText(text, name);
  const { mesh, diagnostics } = loadMesh(read.objects, facts);
  const errors = [...read.diagnostics, ...diagnostics].filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(`${name} has errors: ${JSON.stringify(errors, null, 1)}`);
  const configured = new Enforcement(mesh);
  if (dumps.length === 0) return makeFacts(configured, stated);
  const evidence = readEvidence(
    configured,
    dumps.flatMap((dump) => observed(dump)),
  );
  return makeFacts(applyEvidence(configured, evidence), stated, evidence);
}

/** Facts about a fixture: a file beside the test, `new URL('./x.yaml', import.meta.url)`. */
export function factsOfFixture(url: URL, stated: Stated = {}, facts: StatedFacts = {}): Facts {
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  const dump = new URL(url.href.replace(/\.yaml$/, '.json'));
  const dumps = existsSync(dump) ? [readFileSync(dump, 'utf8')] : [];
  return factsOfText(readFileSync(url, 'utf8'), name, stated, facts, dumps);
}

/** The fails of a rule as short rows: subject, port, object at fault with its line. */
export function failsOf(rule: Rule, facts: Facts): readonly string[] {
  return [...rule.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail').map(describeFail);
}

function describeFail({ subject, cause, causeKey }: Fail): string {
  const what = `${subject.namespace}/${subject.name}${subject.port === undefined ? '' : `:${subject.port}`}`;
  if (!cause) return `${what} — ${causeKey}`;
  const at = 'line' in cause.location ? `:${cause.location.line}` : '';
  return `${what} — ${cause.kind} ${cause.namespace}/${cause.name}${at}`;
}

/** How many subjects a rule failed, passed and found out of its reach. */
export function countOutcomes(rule: Rule, facts: Facts): Readonly<Record<Outcome['kind'], number>> {
  const counts = { fail: 0, pass: 0, 'not-applicable': 0 };
  for (const { kind } of rule.judge(facts)) counts[kind]++;
  return counts;
}
