import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { Clause, CompiledPolicy } from '../semantics/authz/compile.ts';
import { type Sample, samplesOf } from '../semantics/sample.ts';
import { isPublicEndpoint } from './public-endpoints.ts';

/** Requests that together stand for the use of a whole port, or of everything below a path where policies allow nothing else. */
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
 * for and any caller can send. Where no rule tells callers apart, what the rules allow is the whole port: then below each of their paths.
 */
export function httpAttempts(
  port: WorkloadPort,
  allow: readonly CompiledPolicy[],
  { dataPlane }: Workload,
): readonly Attempt[] {
  const isGrpc = port.protocol.startsWith('grpc');
  const samples = allow
    .flatMap(({ rules }) => rules.flatMap(samplesOf))
    .filter((sample) => sample.port === undefined || sample.port === port.port);
  const isGateway = dataPlane.kind === 'gateway';
  const variants = [{}, ...chosenByCaller(samples.filter(isForAnyone), isGateway)];
  const whole = variants.map(
    (variant): Attempt => ({ samples: useOf(isGrpc ? UNNAMED_METHOD : UNNAMED_PATH, isGrpc, variant) }),
  );
  // At a gateway, routes and not policies say what there is.
  const parts = isGateway || !samples.every(isForAnyone) ? [] : wildcardPaths(allow);
  return [
    ...whole,
    ...parts.map((part): Attempt => ({ part, samples: useOf(`${part.slice(0, -2)}${UNNAMED_PATH}`, isGrpc, {}) })),
  ];
}

/** gRPC knows only POST. */
function useOf(path: string, isGrpc: boolean, variant: Sample): readonly Sample[] {
  const write: Sample = { ...variant, method: 'POST', path };
  return isGrpc ? [write] : [{ ...variant, method: 'GET', path }, write];
}

/** Asks for no identity in particular, no token and no address. */
function isForAnyone({ peer, claims, sourceIp, remoteIp }: Sample): boolean {
  const unnamed = peer === undefined || peer === null || peer.includes('/ns/any/');
  return unnamed && !claims && sourceIp === undefined && remoteIp === undefined;
}

/** Headers, and at a sidecar the host, that rules ask for without asking for an identity or a token. */
function chosenByCaller(samples: readonly Sample[], isGateway: boolean): readonly Sample[] {
  const found = new Map<string, Sample>();
  for (const { headers, host, sni } of samples) {
    // At a gateway the host chooses what is behind it: a rule for one host opens a part.
    const ownHost = isGateway ? undefined : host;
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

/** `/v1/*`, `/package.Service/*`: everything below, but for what is public by nature. */
function wildcardPaths(allow: readonly CompiledPolicy[]): readonly string[] {
  const operations = allow.flatMap(({ rules }) => rules.flatMap(({ to }) => to ?? []).flat());
  const paths = operations
    .filter(({ field, negated }) => field === 'paths' && !negated)
    .flatMap(({ values }) => values);
  return [...new Set(paths)].filter((path) => /^\/.+\/\*$/.test(path) && !isPublicEndpoint(path));
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
