import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { answerExec, type FakeExec } from './fake-exec.ts';
import { answerPortForward, type FakePortForward } from './fake-portforward.ts';

export type Value = Readonly<Record<string, unknown>>;

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export interface FakeUser {
  readonly token: string;
  /** `all`: cluster-admin. */
  readonly rules: 'all' | readonly Rule[];
  /** Of RoleBindings, by namespace. */
  readonly roles?: Readonly<Record<string, readonly Rule[]>>;
}

export interface FakeKind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What was asked of the server, as an audit log would have it. */
export interface Asked {
  readonly verb: 'list' | 'get' | 'create';
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly query: URLSearchParams;
  readonly token: string;
  /** How often the same list was asked for before, whatever the page. */
  readonly times: number;
}

/** How an answer goes wrong. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'stall'
  | 'cut'
  | 'reset'
  | 'garbage'
  | 'half-json'
  | 'expired';

export interface FakeOptions {
  readonly kinds: readonly FakeKind[];
  readonly objects: readonly Value[];
  readonly users: readonly FakeUser[];
  /** Looks at each request for objects first. */
  readonly fault?: (asked: Asked) => Fault | undefined;
  readonly tls?: boolean;
  /** Answers commands that are run in pods, for users that may `get` and `create` `pods/exec`. */
  readonly exec?: FakeExec;
  /** What pods serve, for users that may `get` and `create` `pods/portforward`. */
  readonly portForward?: FakePortForward;
}

export interface FakeApiServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly ca: string;
  fault: FakeOptions['fault'];
  stop(): Promise<void>;
}

const FIXTURES = new URL('fixtures/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');

/** An API server in this process that answers as the real one does, as far as a reader sees: discovery, RBAC, lists by pages, reviews. */
export async function startFakeApiServer(options: FakeOptions): Promise<FakeApiServer> {
  const { kinds, objects, users, tls = true } = options;
  const asked: Asked[] = [];
  const byResource = new Map<string, Value[]>();
  for (const kind of kinds) {
    const own = objects.filter((object) => object.kind === kind.kind && groupOf(object) === kind.group);
    byResource.set(`${kind.group}/${kind.resource}`, own.map(withVersion).sort(byKey));
  }
  const state = { fault: options.fault };

  function handle(request: IncomingMessage, body: string, response: ServerResponse): undefined {
    const url = new URL(request.url ?? '/', 'http://fake');
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const user = users.find((each) => each.token === token);
    if (!user) return send(response, 401, status(401, 'Unauthorized'));
    if (url.pathname === '/version') return send(response, 200, { gitVersion: 'v1.36.3-fake' });
    if (url.pathname === '/apis') return send(response, 200, groups());
    const discovery = /^\/(?:api|apis\/([^/]+))\/(v[^/]+)$/.exec(url.pathname);
    if (discovery) return discover(response, discovery[1] ?? '', discovery[2] ?? '');
    if (request.method === 'POST' && url.pathname.endsWith('/selfsubjectaccessreviews')) {
      const { spec } = JSON.parse(body);
      const { group = '', resource = '', verb = '', namespace } = spec.resourceAttributes;
      return send(response, 201, { status: { allowed: isAllowed(user, { group, resource, verb, namespace }) } });
    }
    const parsed = /^\/(?:api|apis\/([^/]+))\/(v[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(
      url.pathname,
    );
    if (!parsed) return send(response, 404, status(404, 'the server could not find the requested resource'));
    const [, group = '', version, namespace, resource = '', name] = parsed;
    const verb = name === undefined ? 'list' : 'get';
    const place = namespace === undefined ? {} : { namespace };
    const same = asked.filter(
      (each) =>
        each.group === group && each.resource === resource && each.namespace === namespace && each.name === name,
    );
    const one: Asked = {
      verb,
      group,
      resource,
      ...place,
      ...(name === undefined ? {} : { name }),
      query: url.searchParams,
      token,
      times: same.length,
    };
    asked.push(one);
    const fault = state.fault?.(one);
    if (fault !== undefined && fault !== 'expired' && fail(response, fault)) return;
    // RBAC comes before the path is looked up: what does not exist is forbidden too.
    if (!isAllowed(user, { verb, group, resource, ...place })) {
      const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      return send(
        response,
        403,
        status(
          403,
          `${resource} is forbidden: User "x" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
        ),
      );
    }
    const kind = kinds.find((each) => each.group === group && each.version === version && each.resource === resource);
    if (!kind) return send(response, 404, status(404, 'the server could not find the requested resource'));
    const all = byResource.get(`${group}/${resource}`) ?? [];
    const here = all.filter((object) => namespace === undefined || meta(object).namespace === namespace);
    if (name !== undefined) {
      const found = here.find((object) => meta(object).name === name);
      return found
        ? send(response, 200, found, request)
        : send(response, 404, status(404, `${resource} "${name}" not found`));
    }
    return list(request, response, kind, here, url.searchParams, fault === 'expired');
  }

  function list(
    request: IncomingMessage,
    response: ServerResponse,
    kind: FakeKind,
    all: readonly Value[],
    query: URLSearchParams,
    isExpired: boolean,
  ): undefined {
    const selected = all.filter(selects(query));
    const limit = Number(query.get('limit') ?? 0) || selected.length;
    const token = query.get('continue');
    const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString().split('/')[0]);
    if (isExpired) {
      const fresh = Buffer.from(`${start}/fresh`).toString('base64url');
      const expired = status(410, 'The provided continue parameter is too old', 'Expired');
      return send(response, 410, { ...expired, metadata: { continue: fresh } });
    }
    const page = selected.slice(start, start + limit);
    const rest = selected.length - start - page.length;
    const onlyMetadata = (request.headers.accept ?? '').includes('PartialObjectMetadataList');
    const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
    const items = page.map(({ apiVersion: _a, kind: _k, ...object }) =>
      onlyMetadata
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
        : object,
    );
    const next =
      rest > 0 ? { continue: Buffer.from(`${start + limit}/1`).toString('base64url'), remainingItemCount: rest } : {};
    return send(
      response,
      200,
      {
        kind: onlyMetadata ? 'PartialObjectMetadataList' : `${kind.kind}List`,
        apiVersion: onlyMetadata ? 'meta.k8s.io/v1' : apiVersion,
        metadata: { resourceVersion: '1000', ...next },
        items,
      },
      request,
    );
  }

  const groups = (): Value => ({
    kind: 'APIGroupList',
    groups: [...new Set(kinds.map(({ group }) => group))].filter(Boolean).map((name) => {
      const versions = [...new Set(kinds.filter(({ group }) => group === name).map(({ version }) => version))].map(
        (version) => ({ groupVersion: `${name}/${version}`, version }),
      );
      return { name, versions, preferredVersion: versions[0] };
    }),
  });

  function discover(response: ServerResponse, group: string, version: string): undefined {
    const own = kinds.filter((kind) => kind.group === group && kind.version === version);
    if (own.length === 0) return send(response, 404, status(404, 'not found'));
    const resources = own.map(({ resource: name, kind, namespaced }) => ({
      name,
      kind,
      namespaced,
      verbs: ['get', 'list'],
    }));
    return send(response, 200, { kind: 'APIResourceList', resources });
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(request, Buffer.concat(chunks).toString(), response));
  };
  const server = tls
    ? https.createServer({ key: read('server.key'), cert: read('server.crt') }, listener)
    : http.createServer(listener);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const user = users.find((each) => each.token === token);
    const [, namespace = ''] = /\/namespaces\/([^/]+)\/pods\//.exec(request.url ?? '') ?? [];
    const [, subresource = ''] = /\/pods\/[^/]+\/(\w+)/.exec(request.url ?? '') ?? [];
    const may = (one: FakeUser): boolean =>
      ['get', 'create'].every((verb) =>
        isAllowed(one, { verb, group: '', resource: `pods/${subresource}`, namespace }),
      );
    const { exec, portForward } = options;
    if (exec && subresource === 'exec' && user && may(user)) answerExec(request, socket, head, exec);
    else if (portForward && subresource === 'portforward' && user && may(user))
      answerPortForward(request, socket, head, portForward);
    else socket.end(`HTTP/1.1 ${user ? '403 Forbidden' : '401 Unauthorized'}\r\ncontent-length: 0\r\n\r\n`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    asked,
    ca: read('server.crt'),
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const groupOf = ({ apiVersion }: Value): string => {
  const version = String(apiVersion);
  return version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
};

const meta = ({ metadata }: Value): Record<string, unknown> => metadata as Record<string, unknown>;

let version = 100;
function withVersion(object: Value): Value {
  version++;
  return { ...object, metadata: { resourceVersion: String(version), ...meta(object) } };
}

const keyOf = (object: Value): string => `${String(meta(object).namespace ?? '')}/${String(meta(object).name)}`;
const byKey = (a: Value, b: Value): number => (keyOf(a) < keyOf(b) ? -1 : 1);

interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
}

function isAllowed({ rules, roles = {} }: FakeUser, { verb, group, resource, namespace }: Access): boolean {
  if (rules === 'all') return true;
  const has = (list: readonly Rule[]): boolean =>
    list.some(
      (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
    );
  return has(rules) || (namespace !== undefined && has(roles[namespace] ?? []));
}

function selects(query: URLSearchParams): (object: Value) => boolean {
  const tests = (query.get('fieldSelector') ?? '').split(',').filter(Boolean).map(parseTest);
  const labels = (query.get('labelSelector') ?? '').split(',').filter(Boolean).map(parseTest);
  return (object) =>
    tests.every(({ key, not, value }) => {
      const found = key.split('.').reduce<unknown>((at, step) => (at as Value | undefined)?.[step], object) ?? '';
      return (found === value) !== not;
    }) &&
    labels.every(({ key, not, value }) => {
      const found = (meta(object).labels as Record<string, string> | undefined)?.[key];
      return (found === value) !== not;
    });
}

function parseTest(text: string): { readonly key: string; readonly not: boolean; readonly value: string } {
  const not = text.includes('!=');
  const [key = '', value = ''] = text.split(not ? '!=' : '=');
  return { key, not, value };
}

const status = (code: number, message: string, reason = ''): Value => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  message,
  reason,
  metadata: {},
});

function send(response: ServerResponse, code: number, value: Value, request?: IncomingMessage): undefined {
  const text = Buffer.from(JSON.stringify(value));
  const isPacked = text.length > 10_000 && (request?.headers['accept-encoding'] ?? '').includes('gzip');
  const bytes = isPacked ? gzipSync(text) : text;
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(bytes);
  return undefined;
}

function fail(response: ServerResponse, fault: Exclude<Fault, 'expired'>): boolean {
  if (fault === 'stall') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10_000 });
    response.write('{"kind":"PodList","items":[');
    return true;
  }
  if (fault === 'reset') {
    response.destroy();
    return true;
  }
  if (fault === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10_000 });
    response.write('{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"', () => response.destroy());
    return true;
  }
  if (fault === 'garbage' || fault === 'half-json') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(fault === 'garbage' ? '<html>please log in</html>' : '{"kind":"PodList","items":[{"metadata":{"na');
    return true;
  }
  const text = fault.body ?? JSON.stringify(status(fault.status, `HTTP ${fault.status} on purpose`));
  response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
  response.end(text);
  return true;
}
