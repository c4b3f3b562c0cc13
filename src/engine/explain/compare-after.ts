import { PROXY_PORTS } from '../../semantics/capture.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Resource } from '../../model/resource.ts';
import type { Request, RequestFrom, RequestTo } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { compilePolicy } from '../../semantics/authz/compile.ts';
import { samplesOf } from '../../semantics/sample.ts';
import { answerRequest } from '../answer-request.ts';
import type { Effect } from './effect.ts';
import type { Proposal } from './proposal.ts';
import { selectedBy } from './narrow-scope.ts';

const MOST_SENDERS = 16;
const MOST_WORKLOADS = 4;
const MOST_PORTS = 3;
const MOST_NAMED = 4;
const MOST_EXAMPLES = 4;

/**
 * Asks a spread of other requests before and after a change of one object: other callers, other operations, the other workloads that the
 * object is about. What turned is certain; what did not is no proof, which only the shape of a change can give.
 */
export function compareAfter(
  before: Enforcement,
  after: Enforcement,
  request: Request,
  { resource, perPort }: Pick<Proposal, 'resource' | 'perPort'>,
  turnsTo: 'allow' | 'deny',
): Effect {
  const aims = aimsOf(before, request);
  const own = JSON.stringify(shapeOf(request, aims));
  let asked = 0;
  let turned = 0;
  let nearby = false;
  const examples: Request[] = [];
  for (const other of spread(before, request, resource, perPort)) {
    if (JSON.stringify(shapeOf(other, aims)) === own) continue;
    asked++;
    const then = answerRequest(after, other);
    if ('error' in then || then.decisive.verdict.outcome !== turnsTo) continue;
    const now = answerRequest(before, other);
    if ('error' in now || now.decisive.verdict.outcome === turnsTo) continue;
    turned++;
    nearby ||= other.to === request.to || aims.has(`${other.to.workload}:${other.to.port}`);
    if (examples.length < MOST_EXAMPLES) examples.push(other);
  }
  return { basis: 'asked', looked: asked, turned, nearby, examples };
}

/** Where the request may land: addressed there directly, it is the same operation. */
function aimsOf(enforcement: Enforcement, request: Request): ReadonlySet<string> {
  const answered = answerRequest(enforcement, request);
  const queries = 'error' in answered ? [] : answered.endpoints.flatMap(({ query }) => query ?? []);
  return new Set(queries.map(({ destination: { workload, port } }) => `${workload.id}:${port}`));
}

const shapeOf = ({ from, to, http }: Request, aims: ReadonlySet<string>): unknown => [
  from.workload ?? from.principal ?? from.position ?? from.internet ?? from.ip,
  from.plaintext,
  to.workload === undefined || aims.has(`${to.workload}:${to.port}`) ? 'own' : to,
  http?.method,
  http?.path.split('?')[0],
];

function spread(enforcement: Enforcement, request: Request, resource: Resource, perPort: boolean): readonly Request[] {
  const senders = sendersFor(enforcement, request);
  const unique = new Map<string, Request>();
  const { http: own = { method: 'GET', path: '/' } } = request;
  const operations = perPort ? [own] : operationsFor(enforcement, request, resource);
  for (const { to, isHttp } of targetsFor(enforcement, request, resource)) {
    for (const http of isHttp ? operations : [undefined]) {
      for (const from of senders) {
        const { http: _, ...rest } = request;
        const other: Request = { ...rest, from, to, ...(http ? { http } : {}) };
        unique.set(JSON.stringify(other), other);
      }
    }
  }
  return [...unique.values()];
}

function sendersFor({ mesh }: Enforcement, { from }: Request): readonly RequestFrom[] {
  const as = from.as ? { as: from.as } : {};
  const holders = [...mesh.identities.values()].flatMap(([first]) =>
    first && first.gateway?.kind !== 'waypoint' ? [first] : [],
  );
  const [ownNamespace] = from.workload?.split('/') ?? [];
  const near = holders.sort(
    (a, b) => Number(a.namespace !== ownNamespace) - Number(b.namespace !== ownNamespace) || (a.id < b.id ? -1 : 1),
  );
  return [
    from,
    ...near.slice(0, MOST_SENDERS).map(({ id }): RequestFrom => ({ workload: id, ...as })),
    { principal: strangerOf(mesh.config.trustDomain.value) },
    { position: 'pod-outside-mesh' },
    ...(from.internet ? [] : [{ internet: true } as const]),
  ];
}

/** The operation itself, others on the same path, the same on another path, and what the rules of the object name. */
function operationsFor(
  enforcement: Enforcement,
  { http = { method: 'GET', path: '/' } }: Request,
  { kind, spec }: Resource,
): readonly NonNullable<Request['http']>[] {
  const other = http.method === 'GET' ? 'POST' : 'GET';
  const found = [
    http,
    { ...http, method: other },
    { ...http, method: 'DELETE' },
    { ...http, path: '/any/path/at-all' },
    { ...http, method: other, path: '/any/path/at-all' },
  ];
  if (kind === 'AuthorizationPolicy') {
    const policy = { spec, namespace: '' } as AuthorizationPolicy;
    const { rules } = compilePolicy(policy, 'http', enforcement.bundleOf(enforcement.mesh.config));
    const clauses = rules.flatMap(({ to, when }) => [...(to ?? []).flat(), ...when]);
    const samples = clauses.flatMap((clause) =>
      clause.values.flatMap((value) =>
        samplesOf({ index: 0, from: null, to: null, when: [{ ...clause, values: [value], negated: false }] }),
      ),
    );
    const methods = [...new Set([http.method, ...samples.flatMap(({ method }) => method ?? [])])].slice(0, MOST_NAMED);
    const paths = [...new Set([http.path, ...samples.flatMap(({ path }) => path ?? [])])].slice(0, MOST_NAMED);
    for (const path of paths) found.push(...methods.map((method) => ({ ...http, method, path })));
  }
  const unique = new Map(found.map((each) => [`${each.method} ${each.path}`, each]));
  return [...unique.values()];
}

interface Aim {
  readonly to: RequestTo;
  readonly isHttp: boolean;
}

function targetsFor({ mesh }: Enforcement, { to, http }: Request, resource: Resource): readonly Aim[] {
  const own = to.workload ?? to.gateway;
  const aimed = mesh.workloads.find(({ id }) => id === own);
  const others = resource.kind === 'NetworkPolicy' ? [] : selectedBy(mesh, resource as AuthorizationPolicy);
  const workloads = [...new Set([...(aimed ? [aimed] : []), ...others])].slice(0, MOST_WORKLOADS);
  return [{ to, isHttp: http !== undefined }, ...workloads.flatMap((workload) => portsOf(workload, to))];
}

function portsOf({ id, ports, gateway }: Workload, to: RequestTo): readonly Aim[] {
  if (gateway) return [];
  return ports
    .filter(({ transport, port }) => transport === 'TCP' && !PROXY_PORTS.includes(port))
    .filter(({ port }) => !(to.workload === id && to.port === port))
    .slice(0, MOST_PORTS)
    .map(({ port, chain }) => ({ to: { workload: id, port }, isHttp: chain !== 'tcp' }));
}
