import { dimensionMethod } from '../result/method.ts';
import type { DimensionId } from '../result/types.ts';
import { auditabilityMeasures } from './auditability.ts';
import { authorizationMeasures } from './authorization.ts';
import { egressMeasures } from './egress.ts';
import { gatewayKnowledge } from './gateways.ts';
import { identityMeasures } from './identity.ts';
import { ingressMeasures } from './ingress.ts';
import { isMeshConfigUnknown } from './mesh-config.ts';
import type { Measure } from './measure.ts';
import { mtlsMeasures } from './mtls.ts';
import type { Population } from './population.ts';
import { type RatedDimension, rateDimension } from './rate.ts';
import { requestAuthnMeasures } from './request-authn.ts';
import { segmentationMeasures } from './segmentation.ts';

export interface RatingOptions {
  /** Dimensions that positive and negative tests cover: only these can rate 5. */
  readonly tested?: ReadonlySet<DimensionId>;
  /** Subjects (workload id, or `id:port`) of accepted findings per dimension, which then count as covered. */
  readonly accepted?: ReadonlyMap<DimensionId, ReadonlySet<string>>;
}

const measuresOf: Readonly<Record<DimensionId, (population: Population) => readonly Measure[]>> = {
  identity: identityMeasures,
  mtls: mtlsMeasures,
  'request-authn': (population) => requestAuthnMeasures(population, gatewayKnowledge(population.facts)),
  authorization: authorizationMeasures,
  segmentation: segmentationMeasures,
  ingress: (population) => ingressMeasures(population, gatewayKnowledge(population.facts)),
  egress: egressMeasures,
  auditability: (population) => auditabilityMeasures(population, isMeshConfigUnknown(population.facts)),
};

/** The eight dimensions in the order of the method, rated from coverage alone: how findings are worded moves none of them. */
export function rateDimensions(population: Population, { tested, accepted }: RatingOptions = {}): RatedDimension[] {
  return dimensionMethod.map(({ id }) => {
    const subjects = accepted?.get(id);
    const measures = measuresOf[id](subjects ? { ...population, accepted: subjects } : population);
    return rateDimension(id, measures, tested?.has(id) ?? false);
  });
}
