import { expect, it } from 'vitest';
import { INJECTOR, type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { readText } from '../../collect/read-text.ts';
import { runRules } from '../../findings/run-rules.ts';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import { harden } from '../../remediate/harden.ts';
import type { Step } from '../../remediate/make-plan.ts';
import { RULES } from '../../rules/index.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { loadMesh } from '../load-mesh.ts';
import { closedFindings } from './closed-findings.ts';

const STATED: Stated = { wanted: [{ from: 'shop/web', to: 'shop/api:8080' }] };
const allow = (name: string): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, {
    ...selecting('api'),
    rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] }],
  });

it('asks for each step the rules that its candidate names, else all but the costly ones', () => {
  const manifests = [
    INJECTOR,
    namespace('istio-system', {}),
    namespace('shop'),
    policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
    ...['web', 'api'].flatMap((name) => workload('shop', name, { ports: { http: 8080 } })),
    allow('api'),
    allow('api-again'),
  ];
  const { mesh, rebuild } = loadMesh(readText(meshText(manifests), 'mesh.yaml').objects, { complete: ['all'] });
  const facts = makeFacts(new Enforcement(mesh), STATED);
  const options = { stated: STATED, rebuild, entries: [] };
  const { steps } = harden(facts, { steps: [], unclosed: [], result: facts.enforcement }, options);
  const [step] = steps;
  if (!step) throw new Error('no step');
  expect(step.candidate.judgedBy).toEqual(['authz/idle-rule']);
  const rules = RULES.filter(({ meta }) => meta.id === 'authz/idle-rule');
  const { findings } = runRules(rules, facts);
  expect(findings).not.toEqual([]);
  const closedBy = (asked: Step) => closedFindings({ facts, stated: STATED, rebuild }, [asked], findings).get(asked);
  expect(closedBy(step)).toEqual(findings.map(({ fingerprint }) => fingerprint));
  const { judgedBy: _, ...unnamed } = step.candidate;
  expect(closedBy({ ...step, candidate: unnamed })).toEqual([]);
});
