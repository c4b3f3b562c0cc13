import { entersFromInternet } from '../findings/severity.ts';
import { verdictThresholds } from '../result/method.ts';
import type { Severity } from '../result/status.ts';
import type { AuditResult, Finding, VerdictWord } from '../result/types.ts';

export interface Verdict {
  readonly verdict: VerdictWord;
  /** One sentence. */
  readonly verdictWhy: string;
}

type Judged = Pick<Finding, 'id' | 'severity' | 'factors' | 'witness' | 'title'>;

/** The first row of the method's table that fits. Accepted findings count: exceptions never change the headline. */
export function verdictOf(
  score: Pick<AuditResult['score'], 'value' | 'configured'>,
  confidence: number,
  findings: readonly Judged[],
): Verdict {
  const { highRisk, inconclusive, strong, moderate } = verdictThresholds;
  const proven = score.value;
  const configured = score.configured.value;
  const critical = having(findings, 'CRITICAL');
  const high = having(findings, 'HIGH');

  if (critical.length > 0) return { verdict: 'HIGH RISK', verdictWhy: `${capitalized(named(critical, 'CRITICAL'))}.` };
  if (proven !== null && configured !== null && proven < highRisk.provenBelow) {
    if (configured < highRisk.configuredBelow) {
      return {
        verdict: 'HIGH RISK',
        verdictWhy: `What is configured comes to ${configured}, what is proven to ${proven}: both are below ${highRisk.provenBelow}.`,
      };
    }
    if (high.length > 0) {
      return { verdict: 'HIGH RISK', verdictWhy: `Only ${proven} of 100 is proven, and ${named(high, 'HIGH')}.` };
    }
  }
  if (proven === null)
    return inconclusiveBecause('Too much of what the score rests on is not in the input for a figure.');
  if (confidence < inconclusive.confidenceBelow) {
    return inconclusiveBecause(
      `Confidence is ${confidence} %, below ${inconclusive.confidenceBelow} %: too little of it is backed by evidence.`,
    );
  }
  if (proven < inconclusive.provenBelow) {
    return inconclusiveBecause(
      `Only ${proven} of 100 is proven although ${configured} is configured: what is missing is evidence.`,
    );
  }
  if (proven >= strong.proven && high.length === 0 && confidence >= strong.confidence) {
    return {
      verdict: 'STRONG',
      verdictWhy: `${proven} of 100 is proven, nothing HIGH or worse is open, and confidence is ${confidence} %.`,
    };
  }
  const fromInternet = high.filter(entersFromInternet);
  if (
    proven >= moderate.proven &&
    high.length <= moderate.highs &&
    fromInternet.length === 0 &&
    confidence >= moderate.confidence
  ) {
    const open = high.length === 0 ? 'nothing HIGH is open' : `${named(high, 'HIGH')}, not reachable from the internet`;
    return { verdict: 'MODERATE', verdictWhy: `${proven} of 100 is proven and ${open}.` };
  }
  return { verdict: 'WEAK', verdictWhy: whyWeak(proven, confidence, high, fromInternet) };
}

const inconclusiveBecause = (verdictWhy: string): Verdict => ({ verdict: 'INCONCLUSIVE', verdictWhy });
const having = (findings: readonly Judged[], severity: Severity): readonly Judged[] =>
  findings.filter((each) => each.severity === severity);

/** `2 CRITICAL findings are open, the first: …` */
function named(findings: readonly Judged[], severity: Severity): string {
  const [first] = findings;
  const what =
    findings.length === 1
      ? `one ${severity} finding is open`
      : `${findings.length} ${severity} findings are open, the first`;
  return first ? `${what}: ${first.title}` : `no ${severity} finding is open`;
}

function whyWeak(proven: number, confidence: number, high: readonly Judged[], fromInternet: readonly Judged[]): string {
  const { proven: enough, highs, confidence: sure } = verdictThresholds.moderate;
  const reasons = [
    ...(proven < enough ? [`${proven} of 100 is proven, below ${enough}`] : []),
    ...(high.length > highs ? [`${high.length} HIGH findings are open`] : []),
    ...(fromInternet.length > 0
      ? [
          `${fromInternet.length === 1 ? 'a HIGH finding is' : `${fromInternet.length} HIGH findings are`} reachable from the internet`,
        ]
      : []),
    ...(confidence < sure ? [`confidence is ${confidence} %, below ${sure} %`] : []),
  ];
  return `${capitalized(reasons.join(', and '))}.`;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
