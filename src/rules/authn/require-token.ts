import { isPublicEndpoint } from '../../graph/public-endpoints.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
} from '../../model/istio/authorization-policy.ts';
import type { RequestAuthentication } from '../../model/istio/request-authentication.ts';
import type { Manifest } from '../../model/change/manifest.ts';

/** Endpoints that a new policy leaves open, each of which the owner may take out. */
const PUBLIC_PATHS: readonly string[] = ['/healthz', '/livez', '/readyz', '/.well-known/*'];

/** `issuer/*` per rule: any subject of exactly that issuer (reference §2.6). */
export function requestPrincipalsOf({ spec }: RequestAuthentication): readonly string[] {
  const issuers = (spec.jwtRules ?? []).map(({ issuer }) => issuer);
  return issuers.some((issuer) => !issuer) ? ['*'] : [...new Set(issuers.map((issuer) => `${issuer}/*`))];
}

/** The rules of a policy where those with these indexes ask for a token, except on public endpoints. */
export function demandToken(
  policy: AuthorizationPolicy,
  open: ReadonlySet<number>,
  principals: readonly string[],
  tcpPorts: readonly number[],
): readonly AuthorizationRule[] {
  return (policy.spec.rules ?? []).flatMap((rule, index) =>
    open.has(index) ? splitRule(rule, principals, tcpPorts.map(String)) : [rule],
  );
}

/** One rule as up to three: protected with a token, public as before, and on TCP ports as before, where no token can be asked for. */
function splitRule(
  rule: AuthorizationRule,
  principals: readonly string[],
  tcpPorts: readonly string[],
): readonly AuthorizationRule[] {
  const operations = rule.to?.length ? rule.to.map(({ operation }) => operation ?? {}) : [{}];
  const isPlain = !operations.some(
    ({ paths, notPaths, methods, notMethods, hosts, notHosts }) =>
      paths ?? notPaths ?? methods ?? notMethods ?? hosts ?? notHosts,
  );
  const onTcp = isPlain ? operations.flatMap((operation) => onPorts(operation, tcpPorts)) : [];
  const onHttp = operations.flatMap((operation) => offPorts(operation, tcpPorts));
  const shared = onHttp.flatMap((operation) => part(operation, true));
  const guarded = onHttp.flatMap((operation) => part(operation, false));
  const sources = rule.from?.length ? rule.from.map(({ source }) => source ?? {}) : [{}];
  const from = sources.map((source) => ({
    source: source.requestPrincipals?.length ? source : { ...source, requestPrincipals: principals },
  }));
  const { to: _to, ...who } = rule;
  return [
    ...(guarded.length > 0 ? [withOperations({ ...rule, from }, guarded)] : []),
    ...(shared.length > 0 ? [withOperations(who, shared)] : []),
    ...(onTcp.length > 0 ? [withOperations(who, onTcp)] : []),
  ];
}

function withOperations(
  { to: _to, ...rule }: AuthorizationRule,
  operations: readonly AuthorizationOperation[],
): AuthorizationRule {
  const unconditional = operations.some((operation) => Object.keys(operation).length === 0);
  return unconditional ? rule : { ...rule, to: operations.map((operation) => ({ operation })) };
}

/** The public paths of an operation, or the others; an operation without paths is not public. */
function part(operation: AuthorizationOperation, isPublic: boolean): readonly AuthorizationOperation[] {
  const { paths, methods } = operation;
  if (!paths?.length) return isPublic === (methods?.length === 1 && methods[0] === 'OPTIONS') ? [operation] : [];
  const chosen = paths.filter((path) => isPublicEndpoint(path) === isPublic);
  return chosen.length > 0 ? [{ ...operation, paths: chosen }] : [];
}

function onPorts(operation: AuthorizationOperation, tcpPorts: readonly string[]): readonly AuthorizationOperation[] {
  const ports = operation.ports?.length ? operation.ports.filter((port) => tcpPorts.includes(port)) : tcpPorts;
  return ports.length > 0 ? [{ ...operation, ports }] : [];
}

function offPorts(operation: AuthorizationOperation, tcpPorts: readonly string[]): readonly AuthorizationOperation[] {
  if (!operation.ports?.length) return [operation];
  const ports = operation.ports.filter((port) => !tcpPorts.includes(port));
  return ports.length > 0 ? [{ ...operation, ports }] : [];
}

/** A first ALLOW policy where RequestAuthentication stands alone: a token, but for public endpoints; TCP ports stay as they are. */
export function tokenPolicy(policy: RequestAuthentication, workloads: readonly Workload[]): Manifest {
  const tcp = workloads.flatMap(({ ports }) => ports.filter(({ chain }) => chain === 'tcp').map(({ port }) => port));
  const rules: AuthorizationRule[] = [
    { from: [{ source: { requestPrincipals: requestPrincipalsOf(policy) } }] },
    { to: [{ operation: { methods: ['GET'], paths: PUBLIC_PATHS } }] },
    ...(tcp.length > 0 ? [{ to: [{ operation: { ports: inOrder(tcp) } }] }] : []),
  ];
  return beside(policy, 'ALLOW', rules);
}

/** A DENY of requests without a token to these ports, but for what is public there today or by nature. */
export function tokenDenial(policy: RequestAuthentication, open: readonly PublicPort[]): Manifest {
  const known = open.flatMap(({ publicPaths }) => publicPaths.filter((path) => path.startsWith('/')));
  const operation = {
    ports: inOrder(open.map(({ port }) => port.port)),
    notPaths: [...new Set([...PUBLIC_PATHS, ...known])],
  };
  return beside(policy, 'DENY', [{ from: [{ source: { notRequestPrincipals: ['*'] } }], to: [{ operation }] }]);
}

interface PublicPort {
  readonly port: { readonly port: number };
  readonly publicPaths: readonly string[];
}

const inOrder = (ports: readonly number[]): readonly string[] => [...new Set(ports)].sort((a, b) => a - b).map(String);

/** A policy that is attached as the RequestAuthentication is. */
function beside(
  policy: RequestAuthentication,
  action: 'ALLOW' | 'DENY',
  rules: readonly AuthorizationRule[],
): Manifest {
  const { selector, targetRef, targetRefs } = policy.spec;
  const attach = {
    ...(selector ? { selector } : {}),
    ...(targetRef ? { targetRef } : {}),
    ...(targetRefs ? { targetRefs } : {}),
  };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `require-${policy.name}`, namespace: policy.namespace },
    spec: { ...attach, action, rules },
  };
}
