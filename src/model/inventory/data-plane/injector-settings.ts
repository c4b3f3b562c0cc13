import { JSON_SCHEMA, load } from 'js-yaml';
import type { LabelSelector } from '../../k8s/label-selector.ts';
import { labelSelector } from '../../k8s/label-selector.ts';
import { type InstallValues, installValues } from '../../operator/install-values.ts';
import type { Resources } from '../../resources.ts';
import { Decoding, list, object, type Shape, string } from '../../shape.ts';

/** What the injector of one revision does unless a pod says otherwise. */
export interface InjectorSettings {
  readonly policy: 'enabled' | 'disabled';
  readonly neverInject: readonly LabelSelector[];
  readonly alwaysInject: readonly LabelSelector[];
  /** Templates of pods that name none. */
  readonly defaultTemplates: readonly string[];
  /** `global.proxy` of the installation's values: the capture settings behind the annotations. */
  readonly proxy: ProxyValues;
  /** Whether the CNI plugin redirects, where the values say so. */
  readonly cni?: boolean | undefined;
}

export type ProxyValues = NonNullable<NonNullable<InstallValues['global']>['proxy']>;

/** Every setting of the proxy as Istio ships it. */
export const NO_VALUES: ProxyValues = {};

const CHART_DEFAULTS: InjectorSettings = {
  policy: 'enabled',
  neverInject: [],
  alwaysInject: [],
  defaultTemplates: ['sidecar'],
  proxy: NO_VALUES,
};

const injectionConfig = object({
  policy: string,
  neverInjectSelector: list(labelSelector),
  alwaysInjectSelector: list(labelSelector),
  defaultTemplates: list(string),
});

/**
 * The settings per revision: of the ConfigMaps `istio-sidecar-injector[-<revision>]` that the injector mounts, else of the values given to an
 * operator, else the chart's defaults. Source: istio pkg/kube/inject/inject.go (Config), webhook.go.
 */
export function readInjectorSettings(resources: Resources): (revision: string) => InjectorSettings {
  const settings = new Map<string, InjectorSettings>();
  for (const { spec } of [...resources.of('IstioOperator'), ...resources.of('SailIstio')]) {
    const revision = ('revision' in spec ? spec.revision : undefined) || spec.values?.revision || 'default';
    const proxy = spec.values?.global?.proxy;
    const cni = cniOf(spec.values);
    if (proxy || cni !== undefined) settings.set(revision, { ...CHART_DEFAULTS, proxy: proxy ?? NO_VALUES, cni });
  }
  for (const { name, spec } of resources.of('ConfigMap')) {
    const match = /^istio-sidecar-injector(?:-(.+))?$/.exec(name);
    if (!match) continue;
    const config = read(injectionConfig, spec.data?.config);
    const values = read(installValues, spec.data?.values);
    settings.set(match[1] ?? 'default', {
      policy: config?.policy === 'disabled' ? 'disabled' : 'enabled',
      neverInject: config?.neverInjectSelector ?? [],
      alwaysInject: config?.alwaysInjectSelector ?? [],
      defaultTemplates: config?.defaultTemplates?.length ? config.defaultTemplates : CHART_DEFAULTS.defaultTemplates,
      proxy: values?.global?.proxy ?? NO_VALUES,
      cni: cniOf(values),
    });
  }
  return (revision) => settings.get(revision) ?? CHART_DEFAULTS;
}

const cniOf = (values: InstallValues | undefined): boolean | undefined =>
  values?.pilot?.cni?.enabled ?? values?.istio_cni?.enabled;

/** The templates make the text long and are not needed: reading stops where they start. */
function read<T>(shape: Shape<T>, text: string | undefined): T | undefined {
  const head = text?.split(/^templates?:/m, 1)[0];
  // The chart writes no anchors, and with them a small text can mean a huge one.
  if (!head || /(^|[\s[{,])&\w/.test(head)) return undefined;
  try {
    return shape.decode(load(head, { schema: JSON_SCHEMA }), new Decoding());
  } catch {
    return undefined;
  }
}
