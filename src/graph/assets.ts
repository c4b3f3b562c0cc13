import type { Workload } from '../model/inventory/types.ts';
import type { Sensitivity } from '../result/status.ts';
import type { Asset } from './facts.ts';

/** What `meshproof.yaml` says of assets; the first entry that selects a workload holds. */
export interface StatedAsset {
  readonly select: {
    readonly namespace?: string;
    readonly workload?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly sensitivity: Sensitivity;
  readonly why?: string;
}

const LABELS = [
  'data-classification',
  'sensitivity',
  'data-sensitivity',
  'classification',
  'meshproof.dev/sensitivity',
];
const LEVELS: readonly (readonly [RegExp, Sensitivity])[] = [
  [/^(critical|restricted|secret|top-secret|pci|pci-dss|phi|cardholder)$/i, 'critical'],
  [/^(high|confidential|sensitive|pii|gdpr|personal)$/i, 'high'],
  [/^(medium|internal|moderate)$/i, 'medium'],
  [/^(low|public)$/i, 'low'],
];

const STORES =
  /(^|[-/_.])(mysql|mariadb|postgres(ql)?|pgsql|mongo(db)?|redis|valkey|cassandra|elasticsearch|opensearch|etcd|couchdb|cockroach(db)?|clickhouse|minio|seaweedfs|neo4j|influxdb|kafka|rabbitmq|nats|memcached|oracle|mssql|sqlserver)($|[-/_.:@\d])/i;
const STORE_PORTS: ReadonlyMap<number, string> = new Map([
  [3306, 'MySQL'],
  [5432, 'PostgreSQL'],
  [27017, 'MongoDB'],
  [6379, 'Redis'],
  [9042, 'Cassandra'],
  [9200, 'Elasticsearch'],
  [1433, 'SQL Server'],
  [1521, 'Oracle'],
]);
const WORDS =
  /(^|[-_])(payments?|ledger|billing|checkout-?db|vault|secrets?|credentials?|identity|accounts?-?db|patients?|health-?records?|kyc|cards?|wallet)($|[-_])/i;

/** How sensitive a workload is: as declared, by a label in common use, inferred from what it is, or unknown (then `medium`). */
export function sensitivityOf(workload: Workload, stated: readonly StatedAsset[]): Asset {
  const declared = stated.find(({ select }) => isSelected(workload, select));
  if (declared)
    return { level: declared.sensitivity, basis: 'declared', why: declared.why ?? 'declared in the configuration' };
  for (const label of LABELS) {
    const value = workload.labels[label];
    const level = value === undefined ? undefined : LEVELS.find(([words]) => words.test(value))?.[1];
    if (level) return { level, basis: 'label', why: `label ${label}: ${value}` };
  }
  const inferred = inferFrom(workload);
  if (inferred) return { level: 'high', basis: 'inferred', why: inferred };
  return { level: 'medium', basis: 'unknown', why: 'nothing says how sensitive it is' };
}

function inferFrom(workload: Workload): string | undefined {
  const store = workload.containers.find(({ image, init }) => !init && STORES.test(image.replace(/@.*$/, '')));
  if (store) return `runs the data store image ${store.image}`;
  const port = workload.ports.find(
    (candidate) => STORE_PORTS.has(candidate.port) && candidate.declaredBy !== 'listener',
  );
  if (port) return `serves port ${port.port} (${STORE_PORTS.get(port.port)})`;
  if (WORDS.test(workload.name) || WORDS.test(workload.namespace))
    return `its name speaks of sensitive data (${workload.namespace}/${workload.name})`;
  return undefined;
}

export function isSelected(workload: Workload, { namespace, workload: name, labels }: StatedAsset['select']): boolean {
  if (namespace !== undefined && namespace !== workload.namespace) return false;
  if (name !== undefined && name !== workload.name && name !== workload.id) return false;
  return Object.entries(labels ?? {}).every(([key, value]) => workload.labels[key] === value);
}
