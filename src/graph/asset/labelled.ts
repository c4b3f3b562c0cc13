import { namespaceKey, type Mesh, type Workload } from '../../model/inventory/types.ts';
import type { Sensitivity } from '../../result/status.ts';

type Texts = Readonly<Record<string, string>>;

export interface Labelled {
  readonly level: Sensitivity;
  readonly why: string;
}

/** Names of labels and annotations whose value is a level, under any prefix: `security.example.com/data-classification`. */
const CLASSES: ReadonlySet<string> = new Set([
  'data-classification',
  'dataclassification',
  'data_classification',
  'data-class',
  'classification',
  'information-classification',
  'sensitivity',
  'data-sensitivity',
  'confidentiality',
  'security-classification',
  'compliance',
  'compliance-scope',
  'regulation',
]);

const LEVELS: readonly (readonly [RegExp, Sensitivity])[] = [
  [/^(critical|restricted|secret|top-secret|pci|pci-?dss|phi|hipaa|cardholder|cde)$/i, 'critical'],
  [/^(high|confidential|sensitive|pii|gdpr|personal|sox|itar)$/i, 'high'],
  [/^(medium|internal|moderate)$/i, 'medium'],
  [/^(low|public)$/i, 'low'],
];

/** Names that are a statement by themselves: `pci-scope: "true"`. */
const SCOPES: readonly (readonly [RegExp, Sensitivity])[] = [
  [/^(pci|pci-?dss|pci[-_.]?scope|in-pci-scope|cde|hipaa|phi|contains-phi)$/i, 'critical'],
  [/^(pii|contains-pii|gdpr|personal-data|sox)$/i, 'high'],
];
const YES = /^(true|yes|1|in|in-?scope|enabled|cde|connected)$/i;

/** Prefixes whose words mean other things. */
const FOREIGN = /(^|\.)(kubernetes\.io|k8s\.io|istio\.io)\//;

/** What labels and annotations in common use say: of the pods, of the controller, then of the namespace. */
export function findLabelled(workload: Workload, { namespaces }: Pick<Mesh, 'namespaces'>): Labelled | undefined {
  const own = find(workload.labels, 'label') ?? find(workload.annotations, 'annotation');
  if (own) return own;
  const { labels, annotations } = workload.resource;
  const made = find(labels, 'label') ?? find(annotations, 'annotation');
  if (made) return made;
  const home = namespaces.get(namespaceKey(workload.cluster, workload.namespace));
  const found = home && (find(home.labels, 'label') ?? find(home.annotations, 'annotation'));
  return found && { ...found, why: `${found.why} of namespace ${workload.namespace}` };
}

function find(texts: Texts, what: string): Labelled | undefined {
  for (const key in texts) {
    const value = texts[key];
    if (value === undefined || FOREIGN.test(key)) continue;
    const name = key.slice(key.lastIndexOf('/') + 1).toLowerCase();
    const level = CLASSES.has(name) ? highest(value) : YES.test(value) ? scopeOf(name) : undefined;
    if (level) return { level, why: `${what} ${key}: ${value}` };
  }
  return undefined;
}

const scopeOf = (name: string): Sensitivity | undefined => SCOPES.find(([names]) => names.test(name))?.[1];

/** The highest of several that stand in one value. */
function highest(value: string): Sensitivity | undefined {
  const words = value.split(/[,;+\s]+|__|_/);
  return LEVELS.find(([names]) => names.test(value) || words.some((word) => names.test(word)))?.[1];
}
