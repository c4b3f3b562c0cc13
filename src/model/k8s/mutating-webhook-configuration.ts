import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { webhook } from './webhook.ts';
export const mutatingWebhookConfiguration = defineKind({
  name: 'MutatingWebhookConfiguration',
  kind: 'MutatingWebhookConfiguration',
  group: 'admissionregistration.k8s.io',
  scope: 'Cluster',
  reads: 'object',
  shape: object({ webhooks: list(webhook) }),
});

export type MutatingWebhookConfiguration = ResourceOf<typeof mutatingWebhookConfiguration>;
