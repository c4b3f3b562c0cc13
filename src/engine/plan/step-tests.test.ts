import { expect, it } from 'vitest';
import { innerGateway, MUTUAL } from '../../../test/inner-gateway.ts';
import { planOf } from '../../../test/plan-of.ts';
import { stepTests } from './step-tests.ts';

it('a wanted call to a gateway is asked by a host of its routes, with the certificate of its caller', () => {
  const { facts, plan } = planOf(
    innerGateway([MUTUAL]),
    {
      wanted: [{ from: 'shop/web', to: 'edge/inner' }],
      assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
    },
    ({ workloads }) =>
      workloads.flatMap((each) => (each.id === 'shop/batch' ? [{ kind: 'workload', workload: each }] : [])),
  );
  const [step] = plan.steps;
  if (!step) throw new Error('no step');
  const { cases } = stepTests(facts, plan.result, step.proof, 'mesh.yaml');
  expect(cases).toContain('shop/web → edge/inner:8443 GET / passes');
  expect(cases).toContain('host: vault.example');
  expect(cases).toContain('principal: cluster.local/ns/shop/sa/web');
  expect(cases).toContain('shop/batch → edge/inner:8443 GET / is refused');
});
