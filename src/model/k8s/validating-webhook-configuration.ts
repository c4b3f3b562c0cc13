import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { webhook } from './webhook.ts';
export const validatingWebhookConfiguration = defineKind({
  name: 'ValidatingWebhookConfiguration',
  kind: 'ValidatingWebhookConfiguration',
  group: 'admissionregistration.k8s.io',
  scope: 'Cluster',
  reads: 'object',
  shape: object({ webhooks: list(webhook) }),
});

export type ValidatingWebhookConfiguration = ResourceOf<typeof validatingWebhookConfiguration>;
