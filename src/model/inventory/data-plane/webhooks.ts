import type { MutatingWebhookConfiguration } from '../../k8s/mutating-webhook-configuration.ts';
import type { Webhook } from '../../k8s/webhook.ts';
import type { Resources } from '../../resources.ts';
import { type Labels, matchesSelector } from '../label-selection.ts';

export const INJECTION = 'istio-injection';
export const REVISION = 'istio.io/rev';
export const INJECT = 'sidecar.istio.io/inject';

/** A webhook of the input that injects for a revision. */
export interface InjectionWebhook {
  readonly revision: string;
  readonly resource: MutatingWebhookConfiguration;
  readonly webhook: Webhook;
}

/** The injection webhooks of one cluster, in order of name, and which revisions and tags they speak for. */
export interface InjectionWebhooks {
  readonly all: readonly InjectionWebhook[];
  readonly revisions: ReadonlySet<string>;
}

export function findInjectionWebhooks(resources: Resources, cluster: string): InjectionWebhooks {
  const all = resources
    .of('MutatingWebhookConfiguration')
    .filter((resource) => resource.cluster === cluster)
    .flatMap((resource) => {
      const revision = revisionOf(resource);
      const injecting = (resource.spec.webhooks ?? []).filter(({ name = '' }) =>
        /(^|\.)sidecar-injector\.istio\.io$/.test(name),
      );
      return injecting.map((webhook) => ({ revision, resource, webhook }));
    })
    .sort((a, b) => (a.resource.name < b.resource.name ? -1 : a.resource.name > b.resource.name ? 1 : 0));
  const revisions = new Set(
    all.flatMap(({ revision, resource, webhook }) => [
      revision,
      ...(resource.labels['istio.io/tag'] ? [resource.labels['istio.io/tag']] : []),
      ...revisionsNamed(webhook),
    ]),
  );
  return { all, revisions };
}

/** The first webhook whose two selectors take the pod. */
export function selectWebhook(
  { all }: InjectionWebhooks,
  namespaceLabels: Labels,
  podLabels: Labels,
): InjectionWebhook | undefined {
  return all.find(
    ({ webhook }) =>
      matchesSelector(webhook.namespaceSelector, namespaceLabels) && matchesSelector(webhook.objectSelector, podLabels),
  );
}

/** The control plane that the webhook calls: its label, else what its service is called. */
function revisionOf({ labels, spec }: MutatingWebhookConfiguration): string {
  const service = spec.webhooks?.[0]?.clientConfig?.service?.name;
  return labels[REVISION] || (service?.startsWith('istiod-') ? service.slice('istiod-'.length) : '') || 'default';
}

function revisionsNamed({ namespaceSelector, objectSelector }: Webhook): readonly string[] {
  return [namespaceSelector, objectSelector].flatMap((selector) => {
    const byLabel = selector?.matchLabels?.[REVISION];
    const byExpression = (selector?.matchExpressions ?? []).flatMap(({ key, operator, values = [] }) => {
      if (operator !== 'In') return [];
      if (key === REVISION) return values;
      return key === INJECTION && values.includes('enabled') ? ['default'] : [];
    });
    return byLabel === undefined ? byExpression : [byLabel, ...byExpression];
  });
}
