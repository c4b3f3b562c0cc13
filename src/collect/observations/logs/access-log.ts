import type { AccessLog, LoggedRequest, ShadowResult } from '../../../model/observation/access-log.ts';
import type { SeenEnd, SeenRequest } from '../../../model/observation/seen-request.ts';
import type { Broken, Form, From, ReadForm } from '../form.ts';
import { readLine } from './read-line.ts';
import { readShadow } from './read-shadow.ts';

/** Access logs of Envoy (Istio's default text and JSON forms) and ztunnel, with whatever else a proxy logs between the lines. */
export const accessLog: Form = {
  kind: 'access-log',
  isMeant(head) {
    if (/^\s*"?apiVersion"?\s*:/m.test(head)) return false;
    return head.split(/\r?\n/).some((line) => PROXY_LINE.test(line) || readLine(line) !== undefined);
  },
  read: readAccessLog,
};

/** What istio's agent and ztunnel log before the first request. */
const PROXY_LINE = /^(?:\[pod\/\S+\] )?\d{4}-\d\d-\d\dT\S+\t(?:trace|debug|info|warn|warning|error)\t/;

/** Different requests that are kept of one file: an application's paths may have no end. */
const MOST = 100_000;

interface Entry {
  readonly seen: SeenRequest;
  readonly line: number;
  readonly days: Set<string>;
  count: number;
}

function readAccessLog(text: string, from: From): ReadForm | Broken {
  const entries = new Map<string, Entry>();
  const shadows = new Map<string, { result: ShadowResult; count: number }>();
  let lines = 0;
  let dropped = 0;
  let first: string | undefined;
  let last: string | undefined;
  let number = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
    number++;
    for (const result of readShadow(line)) {
      const key = JSON.stringify(result);
      const known = shadows.get(key);
      if (known) known.count++;
      else shadows.set(key, { result: { ...result, count: 1 }, count: 1 });
    }
    const read = readLine(line);
    if (!read) continue;
    lines++;
    const { at, ...seen } = withoutDetails(read);
    if (at !== undefined) {
      if (first === undefined || at < first) first = at;
      if (last === undefined || at > last) last = at;
    }
    const key = JSON.stringify(seen);
    let entry = entries.get(key);
    if (!entry) {
      if (entries.size >= MOST) {
        dropped++;
        continue;
      }
      entry = { seen, line: number, days: new Set(), count: 0 };
      entries.set(key, entry);
    }
    entry.count++;
    if (at !== undefined) entry.days.add(at.slice(0, 10));
  }
  const log: AccessLog = {
    kind: 'access-log',
    ...from,
    ...(last === undefined ? {} : { at: last }),
    lines,
    ...(first === undefined || last === undefined ? {} : { window: { from: first, to: last } }),
    requests: [...entries.values()].map((each): LoggedRequest => ({ ...each, days: [...each.days].sort() })),
    shadows: [...shadows.values()].map(({ result, count }) => ({ ...result, count })),
  };
  const left = dropped === 0 ? [] : [`${dropped} lines after the first ${MOST} different requests are left out`];
  return { observations: [log], left };
}

/** What is the same for alike requests, and no secret: no query string, no port of the client, no other hops. */
function withoutDetails({ forwardedFor: _hops, ...seen }: SeenRequest): SeenRequest {
  const { path, downstreamRemote, source } = seen;
  return {
    ...seen,
    ...(path === undefined ? {} : { path: path.replace(/[?#].*$/s, '') }),
    ...(downstreamRemote === undefined ? {} : { downstreamRemote: withoutPort(downstreamRemote) }),
    ...(source === undefined ? {} : { source: endWithoutPort(source) }),
  };
}

function endWithoutPort(end: SeenEnd): SeenEnd {
  return end.address === undefined ? end : { ...end, address: withoutPort(end.address) };
}

/** `10.0.0.1:4000` and `[::1]:4000`; the form without a port stays. */
const withoutPort = (address: string): string => address.replace(/^(\[.*\]|[^:[\]]*):\d+$/, '$1');
