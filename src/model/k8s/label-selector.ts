import { type Infer, list, map, object, oneOf, string, text } from '../shape.ts';

/** A Kubernetes label selector: labels and expressions are AND-ed; an empty one matches everything. */
export const labelSelector = object(
  {
    matchLabels: map(text),
    matchExpressions: list(
      object(
        { key: string, operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), values: list(string) },
        { strict: true },
      ),
    ),
  },
  { strict: true },
);

export type LabelSelector = Infer<typeof labelSelector>;
