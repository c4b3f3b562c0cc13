import { auditResult } from '../src/result/schema.ts';
import type { AuditResult, WorkloadResult } from '../src/result/types.ts';
import { sampleFindings } from './sample/findings.ts';
import { sampleInventory, workload } from './sample/inventory.ts';
import { samplePaths, samplePlan } from './sample/paths.ts';
import { sampleConfidence, sampleDimensions, sampleInput, sampleResidual } from './sample/judgement.ts';

/**
 * Results for tests of reports and of whatever reads a result: a small payments mesh with a bit of everything. Every builder
 * checks what it made against the schema, so that no test rests on a result that the engine could not produce.
 */
export function sampleResult(changes: Partial<AuditResult> = {}): AuditResult {
  return checked({ ...base(), ...changes });
}

/** The same mesh once attack paths and a plan are computed. */
export function sampleResultWithPaths(): AuditResult {
  return sampleResult({ paths: samplePaths(), plan: samplePlan() });
}

/** Nothing readable but one empty file: no workload, no finding, nothing known. */
export function emptyResult(): AuditResult {
  const { input, confidence } = base();
  return sampleResult({
    input: {
      sources: [{ name: 'empty.yaml', kind: 'manifests', documents: 0, sha256: '0'.repeat(64) }],
      counts: {},
      scope: { complete: [], namespaces: [] },
      meshConfig: input.meshConfig,
      assumptions: [],
    },
    verdict: 'INCONCLUSIVE',
    verdictWhy: 'The input holds no workload.',
    score: { value: null, low: 0, high: 100, configured: { value: null, low: 0, high: 100 } },
    maturity: {
      level: 0,
      name: 'no consistent controls',
      configuredFor: 0,
      next: { level: 1, unmet: ['no workload is known'] },
    },
    confidence: { ...confidence, value: 0, evidenceCoverage: { verified: 0, inferred: 0, unknown: 0 } },
    dimensions: sampleDimensions().map((dimension) => ({
      ...dimension,
      rating: 0,
      configured: 0,
      weighted: 0,
      status: 'UNKNOWN',
      coverage: [],
      next: 'give the audit manifests that hold workloads',
    })),
    inventory: { clusters: [], services: [], identities: [], gateways: [], externalHosts: [], workloads: [] },
    findings: [],
    residual: [],
    diagnostics: [],
    rulesRun: [],
  });
}

/** A mesh of which everything that matters is missing from the input. */
export function unknownResult(): AuditResult {
  const sample = base();
  return sampleResult({
    ...emptyResult(),
    input: sample.input,
    verdictWhy: 'Five or more dimensions are unknown: the input shows workloads and nothing of the mesh.',
    inventory: {
      ...sample.inventory,
      workloads: sample.inventory.workloads.map((each) => ({
        ...each,
        dataPlane: { kind: 'none', status: 'UNKNOWN', why: 'not in the input: the namespace that enrols it' },
        ports: each.ports.map((port) => ({
          ...port,
          mtls: { mode: 'none', status: 'UNKNOWN', by: null },
          authorization: { posture: 'conditional', policies: [], status: 'UNKNOWN' },
        })),
      })),
    },
    residual: sampleResidual(),
  });
}

/** `count` workloads in `namespaces` namespaces, one port each; every tenth accepts plaintext and is a subject of the one finding. */
export function largeResult(count: number, namespaces = 20): AuditResult {
  const workloads: WorkloadResult[] = Array.from({ length: count }, (_, index) =>
    workload({
      namespace: `team-${String(index % namespaces).padStart(3, '0')}`,
      name: `service-${String(index).padStart(5, '0')}`,
      mode: index % 10 === 0 ? 'PERMISSIVE' : 'STRICT',
      line: index * 20 + 1,
      ports: [8080],
    }),
  ).sort((a, b) => (a.id < b.id ? -1 : 1));
  const sample = base();
  const permissive = sample.findings.filter((finding) => finding.id === 'mtls/permissive').slice(0, 1);
  const subjects = workloads
    .filter((each) => each.ports[0]?.mtls.mode === 'PERMISSIVE')
    .map(({ cluster, kind, namespace, name, location }) => ({ cluster, kind, namespace, name, port: 8080, location }));
  return sampleResult({
    inventory: { ...sample.inventory, services: [], gateways: [], identities: [], workloads },
    findings: permissive.map((finding) => ({ ...finding, subjects })),
  });
}

function base(): AuditResult {
  return {
    schemaVersion: 1,
    tool: { name: 'meshproof', version: '0.1.0', rulesVersion: '1', methodVersion: '1' },
    input: sampleInput(),
    verdict: 'HIGH RISK',
    verdictWhy: 'One CRITICAL is open: any mesh identity may call payments/ledger, which holds cardholder data.',
    score: {
      value: 34,
      low: 29,
      high: 45,
      cappedBy: ['authz/allow-any'],
      configured: { value: 41, low: 33, high: 52 },
      withExceptions: 43,
    },
    maturity: {
      level: 0,
      name: 'no consistent controls',
      configuredFor: 1,
      next: {
        level: 1,
        unmet: [
          'enrolment of 3 of 12 workloads is not verified by a proxy dump',
          'checkout and cart share one service account',
        ],
      },
    },
    confidence: sampleConfidence(),
    dimensions: sampleDimensions(),
    inventory: sampleInventory(),
    findings: sampleFindings(),
    paths: [],
    plan: { horizons: [], unclosed: [] },
    residual: sampleResidual(),
    diagnostics: [
      {
        severity: 'error',
        file: 'payments-prod/broken.yaml',
        line: 14,
        message: 'the document is no YAML: a mapping value is not allowed here',
        help: 'quote the value that holds `: `',
      },
      {
        severity: 'warning',
        file: 'payments-prod/policies.yaml',
        line: 63,
        message: '`principal` is no field of AuthorizationPolicy.spec.rules[0].from[0].source',
        help: 'did you mean `principals`?',
      },
      {
        severity: 'info',
        file: 'payments-prod/crds.yaml',
        line: 1,
        message: '3 CustomResourceDefinitions hold nothing to audit',
        help: '',
      },
    ],
    rulesRun: [
      { id: 'authn/jwt-not-required', checked: 2, passed: 1, failed: 1, notApplicable: 10 },
      { id: 'authz/allow-any', checked: 9, passed: 8, failed: 1, notApplicable: 3 },
      { id: 'authz/dry-run-only', checked: 1, passed: 0, failed: 1, notApplicable: 0 },
      { id: 'authz/http-only-deny', checked: 2, passed: 2, failed: 0, notApplicable: 0 },
      { id: 'authz/no-policy', checked: 14, passed: 9, failed: 5, notApplicable: 0 },
      { id: 'egress/registry-only-alone', checked: 1, passed: 0, failed: 1, notApplicable: 0 },
      { id: 'mtls/permissive', checked: 14, passed: 9, failed: 5, notApplicable: 2 },
    ],
  };
}

function checked(result: AuditResult): AuditResult {
  auditResult.parse(result);
  return result;
}

/** What somebody may write into a name to break out of a report: HTML, Markdown, terminal codes, text that reorders. */
const poison = '"\'><script>alert(1)</script>`|[x](javascript:y)@all\n# h\u001b[31m\u009b1m\u202e&amp;';

/** Values of the schema's own words; `id` and `kind` hold both words and names. */
const words = /^(severity|status|confidence|enforcement|mode|posture|verdict|result|exposed|basis|as|at|access|level)$/;

/** The sample with paths, and `poison` at the end of every text that comes from the input or quotes it. */
export function hostileResult(): AuditResult {
  const enumerated = new Set<string>([
    ...sampleDimensions().map(({ id }) => id),
    ...['none', 'sidecar', 'ambient', 'gateway', 'istio', 'edit', 'new', 'excess', 'inherent', 'internet', 'workload'],
  ]);
  const poisoned = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') {
      const isWord = words.test(key) || ((key === 'id' || key === 'kind') && enumerated.has(value));
      return isWord ? value : value + poison;
    }
    if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]));
  };
  return checked(poisoned(sampleResultWithPaths()) as AuditResult);
}
