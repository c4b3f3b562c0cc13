import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { Clause, CompiledPolicy } from '../semantics/authz/compile.ts';
import type { Sample } from '../semantics/sample.ts';

/** Requests that together stand for the use of a whole port, or of one gRPC service of it. */
export interface Attempt {
  readonly samples: readonly Sample[];
  readonly part?: string;
}

/** A path that no application has and no policy names. */
export const UNNAMED_PATH = '/any/path/at-all';
const UNNAMED_METHOD = '/any.Service/AnyMethod';

export const TCP_ATTEMPTS: readonly Attempt[] = [{ samples: [{}] }];

/**
 * What to try on an HTTP chain: reading and writing where nobody expects it, with nothing special, then with the headers that a rule asks
 * for and any caller can send. gRPC knows only POST, and a rule on `/package.Service/*` opens that whole service.
 */
export function httpAttempts(
  port: WorkloadPort,
  samples: readonly Sample[],
  allow: readonly CompiledPolicy[],
  workload: Workload,
): readonly Attempt[] {
  const isGrpc = port.protocol.startsWith('grpc');
  const requests: readonly Sample[] = isGrpc
    ? [{ method: 'POST', path: UNNAMED_METHOD }]
    : [
        { method: 'GET', path: UNNAMED_PATH },
        { method: 'POST', path: UNNAMED_PATH },
      ];
  const variants = [{}, ...chosenByCaller(samples, port, workload)];
  const whole = variants.map(
    (variant): Attempt => ({ samples: requests.map((request) => ({ ...variant, ...request })) }),
  );
  const parts = isGrpc ? grpcServices(allow) : [];
  return [
    ...whole,
    ...parts.map((part): Attempt => ({ part, samples: [{ method: 'POST', path: `${part.slice(0, -1)}AnyMethod` }] })),
  ];
}

/** Headers, and at a sidecar the host, that rules ask for without asking for an identity or a token. */
function chosenByCaller(samples: readonly Sample[], port: WorkloadPort, { dataPlane }: Workload): readonly Sample[] {
  const found = new Map<string, Sample>();
  for (const { claims, headers, host, sni, port: wanted } of samples) {
    if (claims || (wanted !== undefined && wanted !== port.port)) continue;
    // At a gateway the host chooses what is behind it: a rule for one host opens a part.
    const ownHost = dataPlane.kind === 'gateway' ? undefined : host;
    if (!headers && ownHost === undefined && sni === undefined) continue;
    const variant: Sample = {
      ...(headers ? { headers } : {}),
      ...(ownHost === undefined ? {} : { host: ownHost }),
      ...(sni === undefined ? {} : { sni }),
    };
    found.set(JSON.stringify(variant), variant);
  }
  return [...found.values()].slice(0, 8);
}

function grpcServices(allow: readonly CompiledPolicy[]): readonly string[] {
  const operations = allow.flatMap(({ rules }) => rules.flatMap(({ to }) => to ?? []).flat());
  const paths = operations
    .filter(({ field, negated }) => field === 'paths' && !negated)
    .flatMap(({ values }) => values);
  return [...new Set(paths.filter((path) => /^\/[\w.]+\/\*$/.test(path)))];
}

/** In words, what a rule asks of the request that is neither who sends it nor what it does. */
export function conditionsOf(allow: readonly CompiledPolicy[], by: By | null): readonly string[] {
  if (!by) return [];
  const compiled = allow.find(({ policy }) => policy.name === by.name && policy.namespace === by.namespace);
  const rule = compiled?.rules.find(({ index }) => index === by.rule);
  if (!rule) return [];
  const hosts = rule.to?.every((clauses) => clauses.some(({ field }) => field === 'hosts'))
    ? rule.to[0]?.filter(({ field }) => field === 'hosts')
    : [];
  return [...rule.when, ...(hosts ?? [])].flatMap(describeCondition);
}

function describeCondition({ field, values, negated }: Clause): readonly string[] {
  const header = /^request\.headers\[(.+)\]$/.exec(field)?.[1];
  const what = header
    ? `header \`${header}\``
    : ({ 'connection.sni': 'SNI', hosts: 'Host' } as Record<string, string>)[field];
  if (what === undefined || header?.startsWith(':')) return [];
  const any = values.includes('*');
  if (negated) return [any ? `no ${what}` : `no ${what} ${values.join(' or ')}`];
  return [any ? `any ${what}` : `${what} ${values.join(' or ')}`];
}
