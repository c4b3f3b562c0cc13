import type { Resource } from '../model/resource.ts';

/** What an object was made from: the file itself, or something that makes it again and again, so that an edit would not last. */
export type ObjectSource =
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'rendered';
      /** Helm, kustomize, … */
      readonly by: string;
      /** The true source, as far as the object names it: a template, a file of the base, an application. */
      readonly origin: string;
      /** What to do. */
      readonly help: string;
    };

type Rule = (resource: Resource, lead: string) => Extract<ObjectSource, { kind: 'rendered' }> | undefined;

const rendered = (by: string, origin: string, help: string): ReturnType<Rule> => ({
  kind: 'rendered',
  by,
  origin,
  help,
});

/** The first that knows an object says what it comes from: the innermost first, since Argo CD and Flux run Helm and kustomize. */
const RULES: readonly Rule[] = [
  ({ origin }) => {
    if (origin.source === '<stdin>')
      return rendered('stdin', 'what was piped', 'change what was piped, or name the files as input');
    if (!('file' in origin.locate([])) || origin.line === 0)
      return rendered('a live cluster', origin.source, 'change the manifests that the cluster was made from');
    return undefined;
  },
  (_resource, lead) => {
    const [, template] = /^#\s*Source:\s*(\S+)\s*$/m.exec(lead) ?? [];
    return template ? rendered('Helm', template, `change \`${template}\` of the chart, or its values`) : undefined;
  },
  ({ annotations }) => {
    const text = annotations['config.kubernetes.io/origin'];
    if (text === undefined) return undefined;
    const [, file] = /^\s*(?:path|configuredIn):\s*['"]?([^'"\n]+?)['"]?\s*$/m.exec(text) ?? [];
    const [, repository] = /^\s*repo:\s*['"]?([^'"\n]+?)['"]?\s*$/m.exec(text) ?? [];
    const origin = [repository, file].filter((part) => part !== undefined).join(' ');
    return rendered('kustomize', origin, `change \`${origin || 'the base'}\`, or add a patch to the kustomization`);
  },
  ({ labels, annotations }) => {
    const chart = labels['helm.sh/chart'];
    const release = annotations['meta.helm.sh/release-name'];
    if (chart === undefined && release === undefined && labels['app.kubernetes.io/managed-by'] !== 'Helm')
      return undefined;
    const origin = chart !== undefined ? `chart ${chart}` : release !== undefined ? `release ${release}` : 'a chart';
    return rendered('Helm', origin, 'change the template of the chart, or its values');
  },
  ({ labels, annotations }) => {
    const origin =
      annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance'];
    return origin === undefined
      ? undefined
      : rendered('Argo CD', `application ${origin}`, 'change what the application reads from Git');
  },
  ({ labels }) => {
    for (const tool of ['kustomize', 'helm']) {
      const name = labels[`${tool}.toolkit.fluxcd.io/name`];
      if (name === undefined) continue;
      const namespace = labels[`${tool}.toolkit.fluxcd.io/namespace`];
      const kind = tool === 'helm' ? 'HelmRelease' : 'Kustomization';
      const origin = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
      return rendered('Flux', origin, `change what ${origin} reads from Git`);
    }
    return undefined;
  },
  ({ labels }) => {
    const owner = labels['install.operator.istio.io/owning-resource'];
    if (
      labels['operator.istio.io/managed'] === undefined &&
      labels['operator.istio.io/component'] === undefined &&
      (owner ?? 'unknown') === 'unknown'
    )
      return undefined;
    const origin = owner === undefined || owner === 'unknown' ? 'IstioOperator' : `IstioOperator ${owner}`;
    return rendered(
      "Istio's installer",
      origin,
      `change ${origin} (istioctl install, or the operator, makes the object)`,
    );
  },
  ({ labels, ownerReferences }) => {
    const owner = ownerReferences.find(({ controller }) => controller);
    if (owner)
      return rendered('its controller', `${owner.kind} ${owner.name}`, `change ${owner.kind} \`${owner.name}\``);
    const manager = labels['gateway.istio.io/managed'];
    const gateway = labels['gateway.networking.k8s.io/gateway-name'];
    if (manager === undefined || gateway === undefined) return undefined;
    return rendered('istiod', `Gateway ${gateway}`, `change Gateway \`${gateway}\``);
  },
];

/** Says whether an object may be edited in its file. `lead` is the comment in front of it. */
export function sourceOf(resource: Resource, lead = ''): ObjectSource {
  for (const rule of RULES) {
    const found = rule(resource, lead);
    if (found) return found;
  }
  return { kind: 'file', file: resource.origin.source };
}
