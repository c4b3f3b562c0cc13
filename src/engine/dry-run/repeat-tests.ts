import { dump } from 'js-yaml';
import type { DryRun } from '../../result/dry-run.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { answerRequest } from '../answer-request.ts';

type Call = DryRun['policies'][number]['denies'][number];

const MOST = 20;

/** Cases of a PolicyTest to repeat once the policy is enforced: what was seen and passes still, and what is refused. Each was decided. */
export function repeatTests(after: Enforcement, denies: readonly Call[], kept: readonly Call[]): string {
  const positive = kept.flatMap((call) => {
    const request = requestOf(call);
    const answered = request && answerRequest(after, request);
    if (!answered || 'error' in answered || answered.decisive.verdict.outcome !== 'allow') return [];
    return [{ name: `${lineOf(call)} passes`, request, expect: 'allow' }];
  });
  const negative = denies.flatMap((call) =>
    call.witness ? [{ name: `${lineOf(call)} is refused`, request: call.witness, expect: 'deny' }] : [],
  );
  const cases = [...positive.slice(0, MOST), ...negative.slice(0, MOST)];
  return cases.length === 0 ? '' : dump({ cases }, { lineWidth: 140, noRefs: true });
}

/** Without an operation that was seen there is nothing to repeat but the connection. */
function requestOf({ from, to, port, operation }: Call): Request | undefined {
  const [method = 'GET', path = '/'] = operation?.split(' ') ?? [];
  if (port === undefined || !from.includes('/') || from.includes('/ns/')) return undefined;
  return { from: { workload: from }, to: { workload: to, port }, http: { method, path } };
}

const lineOf = ({ from, to, port, operation }: Call): string =>
  `${from} → ${to}${port === undefined ? '' : `:${port}`}${operation === undefined ? '' : ` ${operation}`}`;
