import { defineKind, type ResourceOf } from '../kind.ts';
import { ignored, list, number, object, oneOf, string } from '../shape.ts';
import { targetReferences, workloadSelector } from './selector.ts';

const strict = { strict: true } as const;

/** What the code does is dropped: nobody here can interpret it. Source: istio api extensions/v1alpha1/traffic_extension.proto. */
export const trafficExtension = defineKind({
  name: 'TrafficExtension',
  kind: 'TrafficExtension',
  group: 'extensions.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      selector: workloadSelector,
      targetRefs: targetReferences,
      phase: oneOf('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'),
      priority: number,
      match: list(
        object(
          {
            mode: oneOf('UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'),
            ports: list(object({ number }, strict)),
          },
          strict,
        ),
      ),
      wasm: object(
        {
          url: string,
          sha256: string,
          imagePullPolicy: string,
          imagePullSecret: ignored,
          verificationKey: ignored,
          pluginConfig: ignored,
          pluginName: string,
          failStrategy: oneOf('FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'),
          vmConfig: ignored,
          type: oneOf('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'),
        },
        strict,
      ),
      lua: object({ inlineCode: ignored }, strict),
    },
    strict,
  ),
});

export type TrafficExtension = ResourceOf<typeof trafficExtension>;
