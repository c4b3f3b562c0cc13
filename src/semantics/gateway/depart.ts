import type { HeaderOperations, VirtualServiceHttpRoute } from '../../model/istio/http-route.ts';
import type { HttpRequest } from '../attempt.ts';
import type { HttpRoute } from './http-route.ts';
import { compileRegex } from './regex/regex.ts';

type WeightedRoute = NonNullable<VirtualServiceHttpRoute['route']>[number];

export interface DepartingRequest {
  readonly http: HttpRequest;
  /** Set where the path that the backend sees cannot be told. */
  readonly assumes: readonly string[];
}

/**
 * The request as the gateway sends it on: path and host rewritten, headers removed, set and added, and the client's address at the end of
 * X-Forwarded-For. Of what the client wrote there, nothing but the last entry counts at a sidecar, so without an address the header goes.
 *
 * Source: istio pilot/pkg/networking/core/route/route.go (applyHTTPRouteDestination); envoy source/common/router/header_parser.cc.
 */
export function departingRequest(
  route: HttpRoute,
  destination: WeightedRoute | undefined,
  request: HttpRequest,
  /** What is written into X-Forwarded-For; null: nothing is, as at a sidecar. */
  clientIp: string | undefined | null,
): DepartingRequest {
  const { rewrite, headers } = route.rule.spec;
  const operations = [destination?.headers?.request, headers?.request];
  const authority = rewrite?.authority || operations.map(authorityOf).findLast((value) => value !== undefined);
  const path = rewritePath(route, request.path);
  return {
    http: {
      method: request.method,
      path: path ?? request.path,
      host: authority ?? request.host,
      headers: forwardedFor(operations.reduce(applyOperations, request.headers), clientIp),
    },
    assumes:
      path === undefined
        ? [
            `the path is as sent: \`uriRegexRewrite\` of ${route.by.kind} ${route.by.namespace}/${route.by.name} is not computed`,
          ]
        : [],
  };
}

/** Whether what the client sends in a header arrives, and nothing else with it. */
export function keepsHeader(
  route: HttpRoute,
  destination: WeightedRoute | undefined,
  request: HttpRequest,
  name: string,
): boolean {
  const alone = { ...request, headers: [[name, MARK] as const] };
  const left = departingRequest(route, destination, alone, null).http.headers.filter(
    ([key]) => key.toLowerCase() === name,
  );
  return left.length === 1 && left[0]?.[1] === MARK;
}

/** Never sent by anybody. */
const MARK = '\u0000';

/** Undefined: an expression that is not safe to run. */
function rewritePath({ path, rule, owner }: HttpRoute, sent: string): string | undefined {
  const { uri, uriRegexRewrite } = rule.spec.rewrite ?? {};
  const end = sent.search(/[?#]/);
  const [plain, query] = end < 0 ? [sent, ''] : [sent.slice(0, end), sent.slice(end)];
  if (uriRegexRewrite) {
    const replaced = replaceAll(uriRegexRewrite.match ?? '', uriRegexRewrite.rewrite ?? '', plain);
    return replaced === undefined ? undefined : replaced + query;
  }
  if (!uri) return sent;
  if (owner.semantics === 'gateway-api' && uri === '/') {
    // The prefix goes, and one slash stays.
    const rest = path.kind === 'segments' ? plain.slice(path.value.length) : plain;
    return `/${rest.replace(/^\//, '')}${query}`;
  }
  const replacesAll = path.kind === 'exact' || path.kind === 'regex';
  return (replacesAll ? uri : uri + plain.slice(path.value.length)) + query;
}

/** As RE2::GlobalReplace. */
function replaceAll(pattern: string, substitution: string, text: string): string | undefined {
  if (pattern === '/.*') return substitution.replaceAll('\\0', text);
  const regex = compileRegex(pattern);
  if (!regex?.isFlat) return undefined;
  try {
    const expression = new RegExp(pattern.replaceAll('(?P<', '(?<'), 'g');
    return text.replace(expression, (...found: readonly unknown[]) =>
      substitution.replace(/\\(\d)|\\\\/g, (written, group?: string) => {
        const value = group === undefined ? written.slice(1) : found[Number(group)];
        return typeof value === 'string' ? value : '';
      }),
    );
  } catch {
    return undefined;
  }
}

type Headers = HttpRequest['headers'];

const isHost = (name: string): boolean => /^(:authority|host)$/i.test(name);

function authorityOf(operations: HeaderOperations | undefined): string | undefined {
  const find = (entries: Readonly<Record<string, string>> | undefined): string | undefined =>
    Object.entries(entries ?? {}).find(([name]) => isHost(name))?.[1];
  return find(operations?.set) ?? find(operations?.add);
}

function applyOperations(headers: Headers, operations: HeaderOperations | undefined): Headers {
  if (!operations) return headers;
  const isInternal = (name: string): boolean => name.startsWith(':') || isHost(name);
  const lower = (name: string): string => name.toLowerCase();
  const set = Object.entries(operations.set ?? {}).filter(([name]) => !isInternal(name));
  const add = Object.entries(operations.add ?? {}).filter(([name]) => !isInternal(name));
  const gone = new Set(
    [...(operations.remove ?? []).filter((name) => !isInternal(name)), ...set.map(([name]) => name)].map(lower),
  );
  return [...headers.filter(([name]) => !gone.has(lower(name))), ...set, ...add];
}

function forwardedFor(headers: Headers, clientIp: string | undefined | null): Headers {
  if (clientIp === null) return headers;
  const others = headers.filter(([name]) => name.toLowerCase() !== 'x-forwarded-for');
  if (clientIp === undefined) return others;
  const before = headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, value]) => value);
  return [...others, ['x-forwarded-for', [...before, clientIp].join(',')]];
}
