import { readTime } from '../read-time.ts';
import type { MatchedPolicy, SeenRequest, SeenEnd } from '../../../model/observation/seen-request.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An access-log entry of ztunnel, as text (`key=value key="value"`) or JSON. Source: ztunnel src/proxy/metrics.rs. */
export function readZtunnel(entry: string | Fields): SeenRequest | undefined {
  const fields = typeof entry === 'string' ? readPairs(entry) : entry;
  const get = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;
  };
  if (!get('src.addr') && !get('dst.addr')) return undefined;
  const error = get('error');
  const matched = error === undefined ? undefined : readMatched(error);
  const source = endOf(get, 'src', get('src.addr'));
  // Over HBONE the connection goes to port 15008 of the pod, and to the real port inside of it.
  const destination = endOf(get, 'dst', get('dst.hbone_addr') ?? get('dst.addr'));
  const at = readTime(typeof entry === 'string' ? /^\S*?(\d{4}-\d\d-\d\dT\S+)/.exec(entry)?.[1] : get('time'));
  const direction = get('direction');
  return {
    kind: 'ztunnel',
    ...(at === undefined ? {} : { at }),
    ...(direction === 'inbound' || direction === 'outbound' ? { direction } : {}),
    source,
    destination,
    ...(error === undefined ? {} : { error }),
    ...(matched === undefined ? {} : { matched }),
  };
}

function readPairs(line: string): Fields {
  const fields: Record<string, string> = {};
  for (const [, name = '', quoted, bare] of line.matchAll(/([a-z_.]+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    fields[name] = quoted ?? bare ?? '';
  }
  return fields;
}

function endOf(get: (name: string) => string | undefined, side: 'src' | 'dst', address: string | undefined): SeenEnd {
  const [pod, namespace, identity, service] = ['workload', 'namespace', 'identity', 'service'].map((name) =>
    get(`${side}.${name}`),
  );
  return {
    ...(address === undefined ? {} : { address }),
    ...(pod === undefined ? {} : { pod }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(identity === undefined ? {} : { principal: identity.replace(/^spiffe:\/\//, '') }),
    ...(service === undefined ? {} : { service }),
  };
}

/** Source: ztunnel src/proxy.rs (AuthorizationRejectionError). */
function readMatched(error: string): MatchedPolicy | undefined {
  const [, namespace, name] = /explicitly denied by:? ([^/\s]+)\/(\S+)/.exec(error) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  return /allow policies exist, but none allowed/.test(error) ? 'none' : undefined;
}
