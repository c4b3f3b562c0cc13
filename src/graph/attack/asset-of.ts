import type { Workload } from '../../model/inventory/types.ts';
import type { Asset, Facts } from '../facts.ts';
import { tier0Of } from './tier0.ts';

/** How sensitive a workload is to an attacker: what holds the mesh in its hands is critical, whatever is declared of it. */
export function assetOf(facts: Facts, workload: Workload): Asset {
  const tier0 = tier0Of(facts.mesh).get(workload);
  return tier0 ? { level: 'critical', basis: 'label', why: tier0.why } : facts.sensitivity(workload);
}
