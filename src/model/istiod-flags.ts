import type { Resource } from './resource.ts';
import type { Resources } from './resources.ts';
import { isObject } from './shape.ts';

/** A feature flag of istiod, as its environment sets it. */
export interface IstiodFlag {
  readonly value: string;
  /** `Deployment istio-system/istiod`. */
  readonly by: string;
}

/** The flags that the input shows, by cluster and revision. Empty: every flag has its default, or the input does not show it. */
export type IstiodFlags = (cluster: string, revision: string) => ReadonlyMap<string, IstiodFlag>;

const NONE: ReadonlyMap<string, IstiodFlag> = new Map();

/**
 * Environment of the istiod Deployments of the input, which is what runs; else the values given to an operator (`pilot.env`).
 *
 * Source: istio pilot/pkg/features, manifests/charts/istio-control/istio-discovery/templates/deployment.yaml (reference §10, §11.3).
 */
export function readIstiodFlags(resources: Resources): IstiodFlags {
  const found = new Map<string, Map<string, IstiodFlag>>();
  const add = (resource: Resource, revision: string, name: string, value: unknown): void => {
    if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') return;
    const key = `${resource.cluster}:${revision}`;
    const flags = found.get(key) ?? new Map<string, IstiodFlag>();
    found.set(key, flags);
    const { kind, namespace, name: object } = resource;
    flags.set(name, { value: String(value), by: `${kind} ${namespace ? `${namespace}/` : ''}${object}` });
  };
  for (const resource of [...resources.of('IstioOperator'), ...resources.of('SailIstio')]) {
    const { spec } = resource;
    const revision = ('revision' in spec ? spec.revision : undefined) || spec.values?.revision || 'default';
    const env: unknown = spec.values?.pilot?.env;
    if (isObject(env)) for (const [name, value] of Object.entries(env)) add(resource, revision, name, value);
  }
  for (const resource of resources.of('Deployment')) {
    const { template } = resource.spec;
    const discovery = template?.spec?.containers?.find(({ name }) => name === 'discovery');
    const env = discovery?.env ?? [];
    const revision =
      template?.metadata?.labels?.['istio.io/rev'] || env.find(({ name }) => name === 'REVISION')?.value || 'default';
    for (const { name, value } of env) if (name !== undefined) add(resource, revision, name, value);
  }
  return (cluster, revision) => found.get(`${cluster}:${revision}`) ?? NONE;
}

/** As Go's `strconv.ParseBool`, which reads istiod's flags; undefined: not set, or set to what istiod does not take. */
export function boolFlag(flags: ReadonlyMap<string, IstiodFlag>, name: string): boolean | undefined {
  const value = flags.get(name)?.value;
  if (value === undefined) return undefined;
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(value) ? false : undefined;
}
