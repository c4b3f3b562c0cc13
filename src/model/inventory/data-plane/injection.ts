import { byOf } from '../../by.ts';
import { type Labels, matchesSelector } from '../label-selection.ts';
import type { PodSet } from '../pods/pod-set.ts';
import type { By, MeshNamespace } from '../types.ts';
import type { InjectorSettings } from './injector-settings.ts';
import { INJECT, INJECTION, type InjectionWebhooks, REVISION, selectWebhook } from './webhooks.ts';

/** What decides about the pods of one namespace. */
export interface InjectionContext {
  readonly namespace: MeshNamespace;
  /** False where the labels of the namespace are not in the input. */
  readonly labelsKnown: boolean;
  /** Those labels as webhooks see them: the API server adds the namespace's name. */
  readonly selectableLabels: Labels;
  readonly webhooks: InjectionWebhooks;
  readonly settingsOf: (revision: string) => InjectorSettings;
  /** The input holds everything, so that a webhook it does not hold does not exist. */
  readonly complete: boolean;
}

export type Injection =
  | {
      readonly outcome: 'injected';
      readonly revision: string;
      readonly why: string;
      readonly by?: By;
      readonly assumes: readonly string[];
      readonly templates: readonly string[];
    }
  | { readonly outcome: 'left-alone' | 'unknown'; readonly why: string; readonly by?: By };

type Refusal = Extract<Injection, { outcome: 'left-alone' | 'unknown' }>;

/** Namespaces in which the injector refuses (istio pkg/kube/inject/initializer.go, IgnoredNamespaces). */
const IGNORED_NAMESPACES: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);
const TEMPLATES = 'inject.istio.io/templates';

/**
 * Whether a pod of the set gets a proxy when it is created: the webhook's selectors, then the injector's own rules. The webhooks of the
 * input are evaluated as they are; for a revision without one, the blocks that the chart makes are assumed.
 * Source: istio manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml, pkg/kube/inject/inject.go (reference §5.1).
 */
export function decideInjection(set: PodSet, context: InjectionContext): Injection {
  const admitted = passWebhook(set, context);
  if (admitted.outcome === 'left-alone') return admitted;
  const revision = admitted.outcome === 'injected' ? admitted.revision : 'default';
  return refuse(set, context, revision) ?? admitted;
}

/** Gate 1: is a webhook called? */
function passWebhook(set: PodSet, context: InjectionContext): Injection {
  const { webhooks, complete } = context;
  const request = askedFor(set, context);
  const found = selectWebhook(webhooks, context.selectableLabels, set.labels);
  if (found) {
    const asked = request.outcome === 'asked' ? request : undefined;
    const why = asked?.why ?? `webhook \`${found.resource.name}\` selects its pods`;
    const by = asked?.by ?? byOf(found.resource);
    return admit(set, context, { revision: found.revision, why, by, assumes: asked?.assumes ?? [] });
  }
  if (request.outcome !== 'asked') return request;
  const { revision, why } = request;
  if (webhooks.revisions.has(revision)) {
    const webhook = webhooks.all.find((each) => each.revision === revision) ?? webhooks.all[0];
    return {
      outcome: 'left-alone',
      why: `${why}, but the selectors of the injection webhook of revision \`${revision}\` do not take its pods`,
      ...(webhook && { by: byOf(webhook.resource) }),
    };
  }
  if (complete) {
    return {
      outcome: 'left-alone',
      why: `${why}, but revision \`${revision}\` has no injection webhook, so nobody injects`,
      by: request.by,
    };
  }
  return admit(set, context, {
    ...request,
    assumes: [...request.assumes, `revision \`${revision}\` exists, with the injection webhook of Istio's chart`],
  });
}

interface Request {
  readonly outcome: 'asked';
  readonly revision: string;
  readonly why: string;
  readonly by: By;
  readonly assumes: readonly string[];
}

/** Which revision the labels ask for, by the blocks of the chart's webhooks. */
function askedFor(set: PodSet, { namespace, labelsKnown }: InjectionContext): Request | Refusal {
  const { labels } = namespace;
  const where = `namespace \`${namespace.name}\``;
  const ofNamespace = (key: string): By =>
    byOf(namespace.resource ?? set.resource, { path: ['metadata', 'labels', key] });
  const ofPod = (key: string): By => byOf(set.resource, { path: [...set.templatePath, 'metadata', 'labels', key] });
  const asked = (revision: string, why: string, by: By): Request => ({
    outcome: 'asked',
    revision,
    why,
    by,
    assumes: labelsKnown ? [] : [`${where} does not set \`${INJECTION}: disabled\``],
  });

  const injection = labels[INJECTION];
  if (injection !== undefined && injection !== 'enabled') {
    const why = `${where} has \`${INJECTION}: ${injection}\`, which no pod label overrides`;
    return { outcome: 'left-alone', why, by: ofNamespace(INJECTION) };
  }
  if (set.labels[INJECT] === 'false') {
    return { outcome: 'left-alone', why: `its pod label \`${INJECT}: "false"\` opts out`, by: ofPod(INJECT) };
  }
  if (injection === 'enabled')
    return asked('default', `${where} has \`${INJECTION}: enabled\``, ofNamespace(INJECTION));
  const ofNamespaceRevision = labels[REVISION];
  if (ofNamespaceRevision) {
    return asked(ofNamespaceRevision, `${where} has \`${REVISION}: ${ofNamespaceRevision}\``, ofNamespace(REVISION));
  }
  const revision = set.labels[REVISION];
  if (revision) return asked(revision, `its pod label \`${REVISION}: ${revision}\` asks for a proxy`, ofPod(REVISION));
  if (set.labels[INJECT] === 'true')
    return asked('default', `its pod label \`${INJECT}: "true"\` asks for a proxy`, ofPod(INJECT));
  if (!labelsKnown) return { outcome: 'unknown', why: `the labels of ${where} are not in the input` };
  const by = namespace.resource && byOf(namespace.resource);
  return { outcome: 'left-alone', why: `neither ${where} nor its pods ask for the mesh`, ...(by && { by }) };
}

function admit(
  { annotations }: PodSet,
  { settingsOf }: InjectionContext,
  { revision, why, by, assumes }: Pick<Request, 'revision' | 'why' | 'by' | 'assumes'>,
): Injection {
  const named = annotations[TEMPLATES]?.split(',').map((name) => name.trim());
  return { outcome: 'injected', revision, why, by, assumes, templates: named ?? settingsOf(revision).defaultTemplates };
}

/** Gate 2: the injector, once called, may still leave the pod alone (`injectRequired`). */
function refuse(set: PodSet, { namespace, settingsOf }: InjectionContext, revision: string): Refusal | undefined {
  const at = (...path: readonly string[]): By => byOf(set.resource, { path: [...set.templatePath, ...path] });
  const refusal = (why: string, by?: By): Refusal => ({ outcome: 'left-alone', why, ...(by && { by }) });
  if (set.spec.hostNetwork) {
    return refusal('it uses the host network, where the injector leaves pods alone', at('spec', 'hostNetwork'));
  }
  if (IGNORED_NAMESPACES.has(namespace.name)) return refusal(`the injector ignores namespace \`${namespace.name}\``);

  const place = set.labels[INJECT] !== undefined ? 'labels' : 'annotations';
  const word = (set.labels[INJECT] ?? set.annotations[INJECT] ?? '').toLowerCase();
  if (['y', 'yes', 'true', 'on'].includes(word)) return undefined;
  if (word !== '') {
    const why = `its pod ${place === 'labels' ? 'label' : 'annotation'} \`${INJECT}: "${word}"\` opts out`;
    return refusal(why, at('metadata', place, INJECT));
  }
  const { policy, neverInject, alwaysInject } = settingsOf(revision);
  const matches = (selector: (typeof neverInject)[number]) =>
    !isEmpty(selector) && matchesSelector(selector, set.labels);
  if (neverInject.some(matches)) return refusal("the injector's `neverInjectSelector` takes its labels");
  if (alwaysInject.some(matches)) return undefined;
  return policy === 'disabled' ? refusal("the injector's policy is `disabled` and the pod does not ask") : undefined;
}

const isEmpty = ({ matchLabels, matchExpressions }: { matchLabels?: Labels; matchExpressions?: readonly unknown[] }) =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
