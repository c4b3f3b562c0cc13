import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, ignored, list, map, object, oneOf, string } from '../shape.ts';
import { targetReference, targetReferences, workloadSelector } from './selector.ts';

const strict = { strict: true } as const;
const mode = oneOf('CLIENT_AND_SERVER', 'CLIENT', 'SERVER');
const providers = list(object({ name: string }, strict));

/** What overrides a metric; what it puts into tags is not looked at. */
const override = object({
  match: object({ metric: string, mode: string }),
  disabled: boolean,
  tagOverrides: map(object({ operation: string })),
});

/** Access logs matter (evidence that somebody would see), and which metrics are turned off; tracing by presence only. */
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
      metrics: list(object({ providers, overrides: list(override), reportingInterval: ignored }, strict)),
      tracing: ignored,
    },
    strict,
  ),
});

export type Telemetry = ResourceOf<typeof telemetry>;
