import { type CollectIo, type InputSpec, inputArgument } from '../collect/collect.ts';
import type { ConfigFile } from '../collect/config-file.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import { runRules } from '../findings/run-rules.ts';
import type { Foothold } from '../graph/attack/foothold.ts';
import type { Facts } from '../graph/facts.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { AttackSummary, AuditResult } from '../result/types.ts';
import { RULES } from '../rules/index.ts';
import { assess } from '../score/assess.ts';
import { observeFacts } from './observe.ts';
import { attackResult, type FoundPaths, searchPaths } from './paths/attack-result.ts';
import { DEFAULT_ENTRIES, readEntries } from './paths/read-entries.ts';
import { unedited } from './plan/edit-files.ts';
import { type InputTexts, inputTexts } from './plan/input-texts.ts';
import { type Planned, planFor } from './plan/plan-for.ts';
import { renderRemediation } from './plan/render-remediation.ts';
import { type Input, type InputOptions, readInput } from './read-input.ts';
import { inputResult } from './result/input.ts';
import { inventoryResult } from './result/inventory.ts';
import { trafficResult } from './result/traffic.ts';
import { residualResult } from './result/residual.ts';
import { TOOL } from './tool.ts';

export interface AuditOptions extends InputOptions {
  /** Dates (`until`, end of support) are judged against it; absent: printed, not judged. */
  readonly now?: Date;
  /** `first`: the steps that do most, as in reports of large meshes; `whole`: all, and what stays open. */
  readonly plan?: 'first' | 'whole';
  /** Told before each longer step. */
  readonly onStep?: (what: string) => void;
}

/** The whole audit, step by step. Throws an InputError if there is nothing to audit or the configuration is wrong. */
export async function audit(inputs: readonly InputSpec[], options: AuditOptions, io: CollectIo): Promise<AuditResult> {
  options.onStep?.('reading');
  const input = await readInput(inputs, options, withSteps(io, options));
  return auditInput(input, inputs, options, io).result;
}

/** Clusters take their time: what is read of them is said too. */
const withSteps = (io: CollectIo, { onStep }: AuditOptions): CollectIo => (onStep ? { ...io, onStep } : io);

/** An audit with what its plan was made of. */
export interface Audited {
  readonly result: AuditResult;
  readonly facts: Facts;
  readonly entries: readonly Foothold[];
  readonly found: FoundPaths;
  readonly planned: Planned;
  readonly texts: InputTexts;
}

/** The audit of what was read. */
export function auditInput(
  input: Input,
  inputs: readonly InputSpec[],
  options: AuditOptions,
  io: Pick<CollectIo, 'cwd'>,
): Audited {
  const { onStep = () => undefined } = options;
  const { mesh, stated, provenance, diagnostics } = input;
  const facts = observeFacts(input, options.now);
  const names = inputs.map(inputArgument).join(' ');

  const texts = inputTexts(inputs, provenance.sources, io);
  const files = unedited(texts);
  onStep(`judging ${mesh.workloads.length} workloads`);
  const { findings: all, rulesRun } = runRules(RULES, facts, renderRemediation(files));
  const { findings, notes } = applyExceptions(all, stated.exceptions ?? [], mesh, options.now);
  onStep('following attackers');
  const entries = readEntries(mesh, stated.entries ?? DEFAULT_ENTRIES);
  const found = searchPaths(facts, { entries });
  const { paths, attack } = attackResult(facts, { entries, found });
  onStep('planning');
  const scope = options.plan ?? (mesh.workloads.length > WHOLE_PLAN ? 'first' : 'whole');
  const parts = { facts, stated, rebuild: input.rebuild, findings, files, input: names };
  const planned = planFor(parts, found, entries, scope === 'first' ? FIRST_STEPS : undefined);
  onStep('scoring');
  const conflicts = (facts.evidence?.drifts.length ?? 0) + (facts.evidence?.applied?.drifts.length ?? 0);
  const criticalTargets = new Set(
    paths.flatMap(({ severity, to }) => (severity === 'CRITICAL' && to.workload !== undefined ? [to.workload] : [])),
  );
  const assessment = assess(facts, findings, { rules: RULES, observed: { conflicts }, criticalTargets });
  const traffic = trafficResult(facts);

  const result: AuditResult = {
    schemaVersion: 1,
    tool: TOOL,
    input: inputResult(facts, provenance),
    ...assessment,
    inventory: inventoryResult(facts),
    findings,
    paths,
    attack,
    ...(traffic ? { traffic } : {}),
    plan: planned.plan,
    residual: residualResult(facts, findings, names),
    diagnostics: [
      ...diagnostics,
      ...pathNotes(attack),
      ...(facts.evidence?.strangers ?? []).map(strangerNote),
      ...(scope === 'first' ? [PLAN_NOTE] : []),
      ...notes.map((message) => noteOn(options.config, message)),
    ],
    rulesRun,
  };
  return { result, facts, entries, found, planned, texts };
}

/** Workloads up to which an audit works out the whole plan. */
const WHOLE_PLAN = 300;
const FIRST_STEPS = 10;
const PLAN_NOTE: Diagnostic = {
  severity: 'info',
  file: '',
  line: 0,
  message: `the plan lists the ${FIRST_STEPS} steps that do most`,
  help: '`meshproof plan` works out all of them, and what stays open',
};

const strangerNote = (message: string): Diagnostic => ({
  severity: 'warning',
  file: '',
  line: 0,
  message,
  help: 'give the manifests, or the live pods, that it belongs to',
});

/** Where no path could be computed, nothing that says "none" must be read as such. */
const pathNotes = ({ incomplete }: AttackSummary): readonly Diagnostic[] =>
  incomplete === undefined
    ? []
    : [
        {
          severity: 'warning',
          file: '',
          line: 0,
          message: `attack paths are not part of this result: ${incomplete}`,
          help: 'findings and inventory are complete; ask for single pairs with `meshproof explain`',
        },
      ];

const noteOn = (config: ConfigFile | undefined, message: string): Diagnostic => ({
  severity: 'warning',
  file: config?.path ?? 'meshproof.yaml',
  line: 0,
  message,
  help: '',
});
