import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { unproxied } from '../client.ts';
import type { Enforcement } from '../enforcement.ts';
import { sniOf } from '../gateway/auto-passthrough.ts';
import { findDestination } from '../gateway/destination.ts';
import type { Endpoint, Outside } from '../gateway/registry.ts';
import type { Query, Source } from '../query.ts';
import type { TraceStep, Verdict } from '../verdict.ts';
import { after, type Land, type Landing } from './landing.ts';
import { capturesOutbound } from './capture.ts';
import { type ClientView, viewOf } from './client-view.ts';
import { type Asked, type Departure, depart, type DepartureTarget } from './depart.ts';
import { leaveMesh } from './leave.ts';
import { chooseUpstreamTls, describeUpstream, type UpstreamTls } from './upstream-tls.ts';

/** What every connection of a request has in common, wherever it goes. */
export type Sent = Omit<Query, 'destination'>;

/** A request of an application behind a sidecar: what its own proxy makes of it, then all that follows at each place where it may land. */
export interface FromSidecar {
  readonly sent: Sent;
  readonly client: Workload;
  readonly asked: Asked;
  /** To the address as it is, past everything that is configured for the client. */
  readonly direct: (source: Source) => readonly Landing[];
  readonly land: Land;
}

/** Empty: nothing is behind the destination. Reference §1.7, §5.3, §7. */
export function decideFromSidecar(enforcement: Enforcement, request: FromSidecar): readonly Landing[] {
  const { sent, client, asked, direct } = request;
  const { ip, port } = asked;
  const plaintext: Source = { ...sent.source, identity: null, connects: 'plaintext' };
  const target = { port, transport: sent.transport, ...(ip === undefined ? {} : { ip }) };
  const captured = capturesOutbound(client, target, sent.source.container);
  if (captured.captured === false) return after(unproxied(captured).steps, captured.assumes, direct(plaintext));
  if (captured.captured === 'too-early') return after([], captured.assumes, refuse(captured.why, captured.by));
  const notes = sent.explain && sent.source.container === undefined ? notesOnStart(client) : [];
  const view = viewOf(enforcement, client);
  const departure = depart(enforcement, view, asked);
  const landings =
    departure.kind === 'unknown'
      ? decideUnknown(enforcement, request, view, departure.why, () => direct(plaintext))
      : decideKnown(enforcement, request, departure);
  return after(notes, [...captured.assumes, ...view.scope.policy.assumes], landings);
}

/** What holds for the application does not hold for init containers that run before its proxy. */
function notesOnStart({ dataPlane, resource }: Workload): readonly TraceStep[] {
  return (dataPlane.startup ?? []).flatMap(({ name, path, meets, why }): readonly TraceStep[] => {
    if (meets === 'proxy') return [];
    const what = meets === 'nothing' ? 'what it sends leaves past the proxy' : 'what it sends is refused';
    const text = `init container \`${name}\` is another matter, ${what}: ${why}`;
    return [{ point: 'sidecar', stage: 'capture', outcome: 'note', text, by: byOf(resource, { path }) }];
  });
}

/** What the proxy does not know: `outboundTrafficPolicy` of the Sidecar or of the mesh. */
function decideUnknown(
  enforcement: Enforcement,
  request: FromSidecar,
  view: ClientView,
  why: string,
  pass: () => readonly Landing[],
): readonly Landing[] {
  const { client, sent } = request;
  const { mode, by: ofSidecar, why: who, sidecar } = view.scope.policy;
  const by = ofSidecar ?? holderOf(enforcement, client);
  if (mode === 'REGISTRY_ONLY') {
    const how = sent.http ? 'answers 502' : 'closes the connection';
    return refuse(`${why} and ${how}: REGISTRY_ONLY of ${who}`, by);
  }
  const egressProxy = sidecar?.spec.outboundTrafficPolicy?.egressProxy;
  if (egressProxy?.host) {
    const context = { routeNamespace: sidecar?.namespace ?? '', proxy: client, listenPort: request.asked.port };
    const found = findDestination(egressProxy, view.destinations, context);
    const text = `${why}; egressProxy of ${who} takes it`;
    if (!found.found) return refuse(`${text}, and ${found.why}`, by);
    return decideKnown(enforcement, request, { kind: 'targets', targets: [found], why: text, by, assumes: [] });
  }
  const text = `${why}, and passes it on as it is: ALLOW_ANY (${who})`;
  return after([outbound('pass', text, by)], [], pass());
}

/** The object that holds the mesh config, as far as it sets the policy. */
function holderOf(enforcement: Enforcement, client: Workload): By | null {
  const { by, location } = enforcement.configOf(client).outboundTrafficPolicy;
  const [kind = '', name = ''] = by.split(' ');
  const slash = name.indexOf('/');
  return location
    ? { kind, namespace: name.slice(0, Math.max(slash, 0)), name: name.slice(slash + 1), location }
    : null;
}

function decideKnown(
  enforcement: Enforcement,
  request: FromSidecar,
  departure: Exclude<Departure, { kind: 'unknown' }>,
): readonly Landing[] {
  const { why, by } = departure;
  if (departure.kind === 'refused') return refuse(`the client's proxy sends it nowhere: ${why}`, by, 'route');
  const landings = departure.targets.flatMap((target) => decideTarget(enforcement, request, target));
  const [target] = departure.targets;
  // Without a route it is the service that was named, and whoever asks is told that nothing is behind it.
  if (landings.length === 0 && by && target) landings.push({ verdict: assumeEndpoints(target.label) });
  const route: TraceStep = { point: 'sidecar', stage: 'route', outcome: 'pass', text: why };
  return after([by ? { ...route, by } : route], departure.assumes, landings);
}

function decideTarget(enforcement: Enforcement, request: FromSidecar, target: DepartureTarget): readonly Landing[] {
  const { entry, port, subset } = target;
  const upstream = { host: entry.host, service: entry.service, port, subset };
  // Of a headless service, the pod that was addressed.
  const { pod } = request.asked;
  const endpoints = target.endpoints.filter(({ workload }) => !pod || !entry.service.headless || workload === pod);
  const inMesh = endpoints.flatMap((endpoint) => {
    const tls = chooseUpstreamTls(enforcement, request.client, { ...upstream, service: endpoint.service }, endpoint);
    return after([connection(tls)], tls.assumes, [request.land(queryFor(request, target, endpoint, tls))]);
  });
  const outside = target.outside.flatMap((place) => {
    const tls = chooseUpstreamTls(enforcement, request.client, upstream, undefined);
    return after([connection(tls)], tls.assumes, [{ verdict: leave(enforcement, request, target, place) }]);
  });
  return [...inMesh, ...outside];
}

function assumeEndpoints(label: string): Verdict {
  const assumes = [`\`${label}\` has endpoints, though none is in the input, and they let it in`];
  return {
    outcome: 'allow',
    requires: [],
    assumes,
    by: null,
    reason: `it goes to \`${label}\``,
    point: 'none',
    trace: [],
  };
}

function queryFor(
  { sent }: FromSidecar,
  { entry, port, subset, http }: DepartureTarget,
  { workload, port: own, service }: Endpoint,
  { connects, sni }: UpstreamTls,
): Query {
  const { http: asSent, sni: _sni, ...rest } = sent;
  const servicePort = service.ports.find((candidate) => candidate.port === port);
  const name = sni ?? sniOf(entry.host, port, subset);
  const request = http ?? asSent;
  return {
    ...rest,
    source: { ...sent.source, connects, ...(connects === 'plaintext' ? { identity: null } : {}) },
    destination: { workload, port: own, ...(servicePort ? { via: { service, port: servicePort } } : {}) },
    ...(request ? { http: request } : {}),
    ...(connects === 'mtls' ? { sni: sent.sni ?? name } : {}),
    ...(connects === 'tls' ? { tls: { sni: sni ?? '' } } : {}),
  };
}

function leave(
  enforcement: Enforcement,
  { client, asked, sent }: FromSidecar,
  { entry, port }: DepartureTarget,
  place: Outside,
): Verdict {
  const address = place.address ?? asked.ip;
  const name =
    place.address ?? (entry.host.startsWith('*') ? (asked.http?.host ?? asked.sni ?? entry.host) : entry.host);
  const label = `${name}:${place.port || port}`;
  return leaveMesh(
    enforcement,
    client,
    { label, port: place.port, ...(address === undefined ? {} : { address }) },
    sent.transport,
  );
}

const connection = (tls: UpstreamTls): TraceStep => outbound('pass', describeUpstream(tls), tls.by);

function outbound(outcome: TraceStep['outcome'], text: string, by: By | null): TraceStep {
  const step = { point: 'sidecar', stage: 'outbound', outcome, text } as const;
  return by ? { ...step, by } : step;
}

function refuse(reason: string, by: By | null, stage: TraceStep['stage'] = 'outbound'): readonly Landing[] {
  const step = { ...outbound('stop', reason, by), stage };
  return [{ verdict: { outcome: 'deny', requires: [], assumes: [], by, reason, point: 'sidecar', trace: [step] } }];
}
