import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildFindings, type RenderChanges } from '../../src/findings/build-findings.ts';
import type { Facts } from '../../src/graph/facts.ts';
import type { Finding } from '../../src/result/types.ts';
import { jwtNotRequired } from '../../src/rules/authn/jwt-not-required.ts';
import { allowAny } from '../../src/rules/authz/allow-any.ts';
import { noPolicy } from '../../src/rules/authz/no-policy.ts';
import { permissive } from '../../src/rules/mtls/permissive.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { unedited } from '../../src/engine/plan/edit-files.ts';
import { renderRemediation } from '../../src/engine/plan/render-remediation.ts';
import { changedLines } from '../apply-changes.ts';
import { factsOfText } from '../judge-fixture.ts';
import { textsIn } from '../texts-in.ts';
import { NO_SHARED } from './corpus.ts';

const shared = (path: string): string => fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
const findingsOf = (rule: Rule, facts: Facts, render?: RenderChanges): readonly Finding[] =>
  buildFindings(rule, rule.judge(facts), facts, render).findings;
const why = NO_SHARED ? ` (skipped: ${NO_SHARED})` : '';

interface Flaw {
  readonly kind: string;
  readonly object: { readonly kind: string; readonly namespace?: string; readonly name: string };
}

/** Which flaws each rule has to find; what else it finds has to follow from one of `also`, in the same namespace. */
const PLANTED: readonly { readonly rule: Rule; readonly kinds: readonly string[]; readonly also?: string }[] = [
  { rule: allowAny, kinds: ['authz-allow-all', 'authz-wildcard-principal', 'authz-negative-match'] },
  { rule: noPolicy, kinds: ['authz-missing-namespace'] },
  // A namespace without any policy asks for no token either.
  { rule: jwtNotRequired, kinds: ['jwt-not-required'], also: 'authz-missing-namespace' },
  {
    rule: permissive,
    kinds: [
      'mtls-permissive-namespace',
      'mtls-permissive-workload',
      'mtls-port-disable',
      'mtls-service-port-confusion',
    ],
  },
];

describe.skipIf(NO_SHARED)(`a generated mesh with planted flaws${why}`, () => {
  let facts: Facts;
  let flaws: readonly Flaw[];
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-'));
    const truth = join(folder, 'truth.json');
    const args = [shared('tools/genmesh.mjs'), '--seed', '7', '--workloads', '400', '--stdout', '--truth', truth];
    const text = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    flaws = (JSON.parse(readFileSync(truth, 'utf8')) as { flaws: readonly Flaw[] }).flaws;
    rmSync(folder, { recursive: true });
    facts = factsOfText(text, 'mesh.yaml');
  });

  it.each(PLANTED)(
    '$rule.meta.id finds every planted flaw at its object, and nothing that is not one',
    ({ rule, kinds, also }) => {
      const name = ({ kind, namespace = '', name: own }: Flaw['object']): string => `${kind} ${namespace}/${own}`;
      const planted = flaws.filter(({ kind }) => kinds.includes(kind)).map(({ object }) => name(object));
      const follows = new Set(flaws.filter(({ kind }) => kind === also).map(({ object }) => object.name));
      const found = findingsOf(rule, facts).flatMap(({ subjects: [first] }) => (first ? [first] : []));
      expect(planted.length).toBeGreaterThan(0);
      expect(
        found
          .filter(({ namespace }) => !follows.has(namespace))
          .map(name)
          .sort(),
      ).toEqual(planted.sort());
    },
  );
});

describe.skipIf(NO_SHARED)(`kubeflow, by rule${why}`, () => {
  let facts: Facts;
  let render: RenderChanges;
  beforeAll(() => {
    const text = readFileSync(shared('corpus/kubeflow/platform.yaml'), 'utf8');
    facts = factsOfText(text, 'platform.yaml');
    render = renderRemediation(unedited(textsIn({ 'platform.yaml': text })));
  });

  it('names the policies that let anyone in, two of them by a header', () => {
    const titles = findingsOf(allowAny, facts).map(({ title }) => title.replace('AuthorizationPolicy ', ''));
    expect(titles).toEqual([
      'istio-system/cluster-local-gateway lets anyone use 2 ports of workload istio-system/cluster-local-gateway',
      'knative-serving/activator-service lets anyone use 5 ports of workload knative-serving/activator',
      'knative-serving/autoscaler lets anyone use 3 ports of workload knative-serving/autoscaler',
      'knative-serving/controller lets anyone use 3 ports of workload knative-serving/controller',
      'knative-serving/istio-webhook lets anyone use 3 ports of workload knative-serving/net-istio-webhook',
      'knative-serving/webhook lets anyone use 3 ports of workload knative-serving/webhook',
      'kubeflow/metadata-grpc-service lets anyone use 1 port of workload kubeflow/metadata-grpc-deployment',
      'kubeflow/ml-pipeline lets anyone use 2 ports of workload kubeflow/ml-pipeline with no header `kubeflow-userid`',
      'kubeflow/ml-pipeline-ui lets anyone use 1 port of workload kubeflow/ml-pipeline-ui with any header `authorization` and no header `kubeflow-userid`',
      'kubeflow/seaweedfs-service lets anyone use 6 ports of workload kubeflow/seaweedfs',
      'kubeflow/service-cache-server lets anyone use 1 port of workload kubeflow/cache-server',
    ]);
  });

  it('keeps the two named callers of seaweedfs when its third rule goes', () => {
    const finding = findingsOf(allowAny, facts, render).find(({ title }) => title.includes('seaweedfs'));
    expect(finding?.evidence[0]).toMatchObject({ source: { line: 201970 }, path: 'spec.rules[2]' });
    expect(finding?.remediation.summary).toContain('12 of 12 wanted flows still pass');
    const [patch] = finding?.remediation.patches ?? [];
    expect(patch && changedLines(patch)).toEqual(['-  - {}']);
  });

  it('finds no sidecar without a policy, and a token demanded at the gateway but for the login', () => {
    expect(findingsOf(noPolicy, facts)).toEqual([]);
    expect([...jwtNotRequired.judge(facts)]).toMatchObject([
      { kind: 'pass', subject: { name: 'istio-ingressgateway' } },
    ]);
  });

  it('finds plaintext on every captured port, and two exceptions that webhooks need', () => {
    const [first, second, rest] = findingsOf(permissive, facts, render);
    expect(rest?.title).toMatch(
      /^no PeerAuthentication sets a mode: \d+ ports accept plaintext in 26 workloads in 3 namespaces$/,
    );
    for (const exception of [first, second]) {
      expect(exception?.remediation).toMatchObject({
        patches: [],
        summary: expect.stringContaining('keep the exception'),
      });
    }
    expect(rest?.remediation.steps.join('\n')).toContain('kubeflow/cache-server:8443 keeps an exception');
  });
});
