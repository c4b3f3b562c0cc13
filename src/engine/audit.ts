import { type CollectIo, collect, type InputSpec } from '../collect/collect.ts';
import type { ConfigFile } from '../collect/config-file.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import { runRules } from '../findings/run-rules.ts';
import { makeFacts } from '../graph/make-facts.ts';
import type { Config } from '../result/config.ts';
import type { AuditResult } from '../result/types.ts';
import { RULES } from '../rules/index.ts';
import { assess } from '../score/assess.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { loadMesh } from './load-mesh.ts';
import { inputResult } from './result/input.ts';
import { inventoryResult } from './result/inventory.ts';
import { residualResult } from './result/residual.ts';
import { TOOL } from './tool.ts';

export interface AuditOptions {
  /** Instead of the `meshproof.yaml` beside the input. */
  readonly config?: ConfigFile;
  readonly defaultNamespace?: string;
  /** Dates (`until`, end of support) are judged against it; absent: printed, not judged. */
  readonly now?: Date;
}

/** The whole audit, step by step. Throws an InputError if there is nothing to audit or the configuration is wrong. */
export async function audit(inputs: readonly InputSpec[], options: AuditOptions, io: CollectIo): Promise<AuditResult> {
  const collected = await collect(inputs, io);
  const configFile = options.config ?? collected.configFile;
  const user = configFile ? (await import('./read-config.ts')).readConfig(configFile) : undefined;
  const stated: Partial<Config> = user?.config ?? {};

  const { mesh, diagnostics } = loadMesh(collected.objects, {
    ...user?.facts,
    ...(options.defaultNamespace === undefined ? {} : { defaultNamespace: options.defaultNamespace }),
  });
  const facts = makeFacts(new Enforcement(mesh), stated);

  const { findings: all, rulesRun } = runRules(RULES, facts);
  const { findings, notes } = applyExceptions(all, stated.exceptions ?? [], mesh, options.now);
  const assessment = assess(facts, findings, { rules: RULES });

  return {
    schemaVersion: 1,
    tool: TOOL,
    input: inputResult(facts, collected),
    ...assessment,
    inventory: inventoryResult(facts),
    findings,
    paths: [],
    plan: { horizons: [], unclosed: [] },
    residual: residualResult(facts, findings, inputs.map(({ path }) => path).join(' ')),
    diagnostics: [
      ...collected.diagnostics,
      ...diagnostics,
      ...notes.map((message) => ({ severity: 'warning', file: user?.file ?? '', line: 0, message, help: '' }) as const),
    ],
    rulesRun,
  };
}
