import type { CollectIo, InputSpec } from '../collect/collect.ts';
import type { ConfigFile } from '../collect/config-file.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import { runRules } from '../findings/run-rules.ts';
import { makeFacts } from '../graph/make-facts.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { AttackSummary, AuditResult } from '../result/types.ts';
import { RULES } from '../rules/index.ts';
import { assess } from '../score/assess.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { attackResult } from './paths/attack-result.ts';
import { DEFAULT_ENTRIES, readEntries } from './paths/read-entries.ts';
import { type InputOptions, readInput } from './read-input.ts';
import { inputResult } from './result/input.ts';
import { inventoryResult } from './result/inventory.ts';
import { residualResult } from './result/residual.ts';
import { TOOL } from './tool.ts';

export interface AuditOptions extends InputOptions {
  /** Dates (`until`, end of support) are judged against it; absent: printed, not judged. */
  readonly now?: Date;
  /** Told before each longer step. */
  readonly onStep?: (what: string) => void;
}

/** The whole audit, step by step. Throws an InputError if there is nothing to audit or the configuration is wrong. */
export async function audit(inputs: readonly InputSpec[], options: AuditOptions, io: CollectIo): Promise<AuditResult> {
  const { onStep = () => undefined } = options;
  onStep('reading');
  const { mesh, stated, provenance, diagnostics } = await readInput(inputs, options, io);
  const facts = makeFacts(new Enforcement(mesh), stated);

  onStep(`judging ${mesh.workloads.length} workloads`);
  const { findings: all, rulesRun } = runRules(RULES, facts);
  const { findings, notes } = applyExceptions(all, stated.exceptions ?? [], mesh, options.now);
  onStep('following attackers');
  const { paths, attack } = attackResult(facts, { entries: readEntries(mesh, stated.entries ?? DEFAULT_ENTRIES) });
  onStep('scoring');
  const assessment = assess(facts, findings, { rules: RULES });

  return {
    schemaVersion: 1,
    tool: TOOL,
    input: inputResult(facts, provenance),
    ...assessment,
    inventory: inventoryResult(facts),
    findings,
    paths,
    attack,
    plan: { horizons: [], unclosed: [] },
    residual: residualResult(facts, findings, inputs.map(({ path }) => path).join(' ')),
    diagnostics: [...diagnostics, ...pathNotes(attack), ...notes.map((message) => noteOn(options.config, message))],
    rulesRun,
  };
}

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
