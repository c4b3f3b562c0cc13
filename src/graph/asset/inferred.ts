import type { Mesh, Workload } from '../../model/inventory/types.ts';
import { addOnOf } from '../attack/add-ons.ts';
import { forgersOf } from '../attack/forgers.ts';
import { podSpecOf } from '../attack/pod-spec.ts';
import { tier0Of } from '../attack/tier0.ts';
import type { Labelled } from './labelled.ts';

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
  /(^|[-_])(payments?|ledger|billing|checkout-?db|vault|secrets?|credentials?|identity|accounts?-?db|patients?|health-?records?|ehr|emr|medical|kyc|cards?|wallet|payroll|kms|hsm|idp|keycloak)($|[-_])/i;
/** Keys by which others are believed; certificates for serving are in every second pod. */
const KEYS =
  /(^|[-_.])((root|signing|master|encryption|private)-?keys?|ca-?(keys?|private-?key)|kms|hsm|root-ca)($|[-_.])/i;

/** What is guessed from what a workload is, the surest first. */
export function inferSensitivity(workload: Workload, mesh: Mesh): Labelled | undefined {
  const top = tier0Of(mesh).get(workload);
  if (top) return { level: 'critical', why: `it is ${top.name}: ${top.why}` };
  const [forger] = forgersOf({ mesh }).get(workload) ?? [];
  if (forger) {
    const why = `whoever controls it forges ${forger.forges}, which ${forger.trustedBy.slice(0, 2).join(' and ')} trusts`;
    return { level: 'critical', why };
  }
  const addOn = addOnOf(workload);
  if (addOn) return { level: addOn.level, why: `it is ${addOn.name}, which ${addOn.why}` };
  const high = inferFrom(workload);
  return high === undefined ? undefined : { level: 'high', why: high };
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
  const secret = podSpecOf(workload)
    .volumes?.flatMap(({ secret: own, projected }) => [
      own?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ])
    .find((name) => name !== undefined && KEYS.test(name));
  return secret === undefined ? undefined : `mounts Secret ${secret}, whose name speaks of keys`;
}
