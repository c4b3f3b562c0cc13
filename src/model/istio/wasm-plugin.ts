import { defineKind, type ResourceOf } from '../kind.ts';
import { ignored, list, number, object, oneOf, string } from '../shape.ts';
import { targetReference, targetReferences, workloadSelector } from './selector.ts';

const strict = { strict: true } as const;

/** The plugin's own configuration is dropped: nobody here can interpret it and it may hold secrets. */
export const wasmPlugin = defineKind({
  name: 'WasmPlugin',
  kind: 'WasmPlugin',
  group: 'extensions.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      selector: workloadSelector,
      targetRef: targetReference,
      targetRefs: targetReferences,
      url: string,
      sha256: string,
      imagePullPolicy: string,
      imagePullSecret: ignored,
      verificationKey: ignored,
      pluginConfig: ignored,
      pluginName: string,
      phase: oneOf('UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'),
      priority: number,
      failStrategy: oneOf('FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'),
      match: list(
        object(
          {
            mode: oneOf('UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'),
            ports: list(object({ number }, strict)),
          },
          strict,
        ),
      ),
      type: oneOf('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'),
      vmConfig: ignored,
    },
    strict,
  ),
});

export type WasmPlugin = ResourceOf<typeof wasmPlugin>;
