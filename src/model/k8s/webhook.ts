import { type Infer, list, number, object, string } from '../shape.ts';
import { labelSelector } from './label-selector.ts';

/** One webhook of a (Mutating|Validating)WebhookConfiguration. */
export const webhook = object({
  name: string,
  clientConfig: object({
    service: object({ namespace: string, name: string, path: string, port: number }),
    url: string,
  }),
  rules: list(
    object({
      apiGroups: list(string),
      apiVersions: list(string),
      operations: list(string),
      resources: list(string),
      scope: string,
    }),
  ),
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  failurePolicy: string,
  matchPolicy: string,
  reinvocationPolicy: string,
  matchConditions: list(object({ name: string, expression: string })),
});

export type Webhook = Infer<typeof webhook>;
