import { type Infer, list, object, string } from '../shape.ts';

const strings = list(string);

/** One rule of a Role or ClusterRole. */
export const policyRule = object({
  apiGroups: strings,
  resources: strings,
  resourceNames: strings,
  verbs: strings,
  nonResourceURLs: strings,
});

export const roleReference = object({ apiGroup: string, kind: string, name: string });
export const subject = object({ kind: string, apiGroup: string, name: string, namespace: string });

export type PolicyRule = Infer<typeof policyRule>;
export type Subject = Infer<typeof subject>;
