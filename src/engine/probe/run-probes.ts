import type { CollectIo } from '../../collect/collect.ts';
import { readSuites } from '../../collect/policy-tests.ts';
import { type ProbeAnswer, readAnswers } from '../../evidence/probes/answer.ts';
import type { ProbeResult } from '../../model/observation/probe-result.ts';
import type { Request } from '../../result/request.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { ProbeLine } from '../../result/probe-result.ts';
import { loadSuites } from '../policy-test/load-suites.ts';
import { type ProbeOptions, planProbes } from './plan-probes.ts';
import type { ProbePlan } from './probe.ts';

export interface PlannedProbes extends ProbePlan {
  /** Documents that are no valid PolicyTest. */
  readonly unusable: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** The probes of suites, before any is sent. */
export async function readProbes(
  names: readonly string[],
  options: ProbeOptions,
  io: CollectIo,
): Promise<PlannedProbes> {
  const { documents, diagnostics } = await readSuites(names, io);
  const loaded = await loadSuites(documents, io);
  return {
    ...planProbes(loaded.suites, options),
    unusable: loaded.unusable,
    diagnostics: [...diagnostics, ...loaded.diagnostics],
  };
}

/** What the results of probes that were just sent say, in their order. */
export function answersOf(lines: readonly ProbeLine[]): readonly ProbeAnswer[] {
  return readAnswers(
    lines.map(
      ({ apiVersion: _, kind: __, server, said, request, ...line }): ProbeResult => ({
        kind: 'probe-result',
        file: '',
        cluster: '',
        ...line,
        request: request as Request,
        ...(server === '' ? {} : { server }),
        ...(said === '' ? {} : { said }),
      }),
    ),
  );
}
