import type { Request } from '../../result/request.ts';
import type { JwtProvider } from '../../semantics/jwt/authenticate.ts';
import type { TraceStep } from '../../semantics/verdict.ts';
import type { EndpointAnswer } from '../answer-request.ts';

/** What to do about a refusal besides changing a policy, in a sentence; undefined: nothing to say. */
export function advise(
  request: Request,
  stop: TraceStep,
  { query, judged, verdict }: EndpointAnswer,
): string | undefined {
  const { from } = request;
  const ownProxy = adviceForOwnProxy(verdict.trace);
  switch (stop.stage) {
    case 'jwt':
      return tokenAdvice(judged.at(-1)?.providers ?? []);
    case 'transport':
      return query ? (ownProxy ?? transportAdvice(request, query.source.identity === null)) : undefined;
    case 'deny':
      return stop.by?.kind === 'PeerAuthentication' ? (ownProxy ?? transportAdvice(request, true)) : undefined;
    case 'outbound':
      return 'the proxy of the client has to know the destination: egress hosts of its Sidecar, exportTo of the service, or a ServiceEntry';
    case 'custom':
      return 'the mesh config has to define the extension provider that the CUSTOM policy names, once';
    case 'network-policy':
      return from.workload === undefined
        ? 'a NetworkPolicy has to admit that place on the network; only for workloads of the input is one written out'
        : undefined;
    case 'route':
    case 'resolve':
      return 'a route of a VirtualService or HTTPRoute has to take the request; which one is not for this program to say';
    case 'capture':
      return 'the destination terminates no mutual TLS: put it into the mesh, or connect in plaintext';
    default:
      return undefined;
  }
}

/** Where the sender's own proxy, by an object of the input, chose the way that is refused. */
function adviceForOwnProxy(trace: readonly TraceStep[]): string | undefined {
  const step = trace.find(
    ({ stage, outcome, by }) => outcome === 'pass' && (stage === 'outbound' || stage === 'capture') && by !== undefined,
  );
  if (!step?.by || step.by.kind === 'PeerAuthentication') return undefined;
  const { kind, namespace, name } = step.by;
  return `the client's own proxy has to send it otherwise: ${kind} ${namespace}/${name} says how`;
}

function transportAdvice({ from, to }: Request, nameless: boolean): string | undefined {
  if (to.gateway !== undefined) return 'the client has to open the connection as the server of the Gateway says';
  if (!nameless) return undefined;
  if (from.plaintext && from.workload !== undefined)
    return `let ${from.workload} connect through its own proxy, over mutual TLS`;
  return from.workload === undefined
    ? 'only callers with a mesh identity get in: a sidecar or ambient gives one'
    : `give ${from.workload} an identity: a sidecar, or its namespace in ambient`;
}

function tokenAdvice(providers: readonly JwtProvider[]): string {
  const accepted = providers.map(({ rule, policy }) => {
    const audiences = rule.audiences?.length ? ` for audience ${rule.audiences.join(' or ')}` : '';
    return `issuer ${rule.issuer ?? '(any)'}${audiences} (${policy.namespace}/${policy.name})`;
  });
  return `the caller has to send a token that is accepted: ${accepted.join('; ')}`;
}
