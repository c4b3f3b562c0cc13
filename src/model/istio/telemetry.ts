import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, ignored, list, object, oneOf, string } from '../shape.ts';
import { targetReference, targetReferences, workloadSelector } from './selector.ts';

const strict = { strict: true } as const;
const mode = oneOf('CLIENT_AND_SERVER', 'CLIENT', 'SERVER');
const providers = list(object({ name: string }, strict));

/** Access logs matter (evidence that somebody would see); metrics and tracing by presence only. */
export const telemetry = defineKind({
  name: 'Telemetry',
  kind: 'Telemetry',
  group: 'telemetry.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      selector: workloadSelector,
      targetRef: targetReference,
      targetRefs: targetReferences,
      accessLogging: list(
        object(
          {
            match: object({ mode }, strict),
            providers,
            disabled: boolean,
            filter: object({ expression: string }, strict),
          },
          strict,
        ),
      ),
      metrics: list(object({ providers, overrides: ignored, reportingInterval: ignored }, strict)),
      tracing: ignored,
    },
    strict,
  ),
});

export type Telemetry = ResourceOf<typeof telemetry>;
