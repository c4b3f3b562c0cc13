import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { Request, RequestFrom } from '../../result/request.ts';
import type { Clause } from '../../semantics/authz/compile.ts';
import type { View } from '../../semantics/authz/view.ts';
import type { JwtProvider } from '../../semantics/jwt/authenticate.ts';
import { type Sample, samplesOf } from '../../semantics/sample.ts';
import { dimensionOf } from './clause-dimension.ts';
import {
  type Dimension,
  type Edit,
  editAddress,
  editAttribute,
  editHeader,
  editPort,
  editSender,
  editSni,
  editToken,
  editTransport,
} from './edit.ts';
import { acceptedBy } from './read-token.ts';

/** What edits are made for: a request, as rules saw it at some point. */
export interface Scene {
  readonly mesh: Mesh;
  readonly request: Request;
  readonly view: View;
  readonly providers: readonly JwtProvider[];
  /** Ports that the destination has besides. */
  readonly ports: readonly number[];
  readonly destination: Workload | undefined;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const PATHS = ['/', '/x', '/index.html', '/any/path/at-all'];
const MOST_VALUES = 8;
const MOST_SENDERS = 4;

/**
 * Changes of one attribute that make all of these clauses (which are about it) come out as wanted, as far as can be told by looking at them;
 * `decide` has the last word. First those that the rules name, then what is usual.
 */
export function candidateEdits(
  scene: Scene,
  dimension: Dimension,
  clauses: readonly Clause[],
  wanted: boolean,
): readonly Edit[] {
  const holds = (edit: Edit): boolean => {
    const view = edit.see(scene.view);
    return wanted
      ? clauses.every((each) => each.test(view) === true)
      : clauses.every((each) => each.test(view) === false);
  };
  return poolOf(scene, dimension, clauses).filter(holds);
}

function poolOf(scene: Scene, dimension: Dimension, clauses: readonly Clause[]): readonly Edit[] {
  const { request, view } = scene;
  const http = view.http;
  switch (dimension) {
    case 'method':
    case 'path':
    case 'host': {
      if (!http || !request.http) return [];
      const before = dimension === 'host' ? http.authority : request.http[dimension];
      const usual = { method: METHODS, path: PATHS, host: ['any.example'] }[dimension];
      const named = valuesOf(clauses, (sample) => sample[dimension]);
      return [...new Set([...named, ...usual])]
        .filter((value) => value !== before)
        .map((value) => editAttribute(dimension, value, dimension === 'host' ? request.http?.host : before));
    }
    case 'header': {
      if (!http) return [];
      const named = samplesFor(clauses).flatMap(({ headers = [] }) => headers);
      const names = new Set(clauses.map(({ field }) => /\[(.+)\]$/.exec(field)?.[1]?.toLowerCase() ?? ''));
      return [
        ...named.map(([name, value]) => editHeader(name, value)),
        ...[...names].map((name) => editHeader(name, null)),
      ];
    }
    case 'token':
      return http ? tokenEdits(scene, clauses) : [];
    case 'port':
      return scene.ports.filter((port) => port !== request.to.port).map((port) => editPort(port, request.to.port));
    case 'sni':
      return valuesOf(clauses, ({ sni }) => sni).map(editSni);
    case 'address':
      return [
        ...(request.from.workload === undefined ? valuesOf(clauses, ({ sourceIp }) => sourceIp) : []).map((ip) =>
          editAddress('ip', ip),
        ),
        ...valuesOf(clauses, ({ remoteIp }) => remoteIp).map((ip) => editAddress('remoteIp', ip)),
      ];
    case 'transport':
      return transportEdits(scene);
    case 'identity':
      return [...transportEdits(scene), ...senderEdits(scene, clauses)];
  }
}

/** One sample per value that the clauses name. */
function samplesFor(clauses: readonly Clause[]): readonly Sample[] {
  return clauses.flatMap((clause) =>
    clause.values.slice(0, MOST_VALUES).flatMap((value) =>
      // A clause that excludes a value names one that is worth trying where it should not hold.
      samplesOf({
        index: 0,
        from: null,
        to: null,
        when: [{ ...clause, field: positive(clause), values: [value], negated: false }],
      }),
    ),
  );
}

const positive = ({ field }: Clause): string => field.replace(/^not([A-Z])/, (_, first: string) => first.toLowerCase());

const valuesOf = (clauses: readonly Clause[], pick: (sample: Sample) => string | undefined): readonly string[] => [
  ...new Set(samplesFor(clauses).flatMap((sample) => pick(sample) ?? [])),
];

/** A token with what the clauses ask for, which the point takes; or none. */
function tokenEdits({ request, providers }: Scene, clauses: readonly Clause[]): readonly Edit[] {
  const present = request.jwt && request.jwt.valid !== false ? request.jwt.payload : {};
  const asked = clauses.filter(({ negated }) => !negated);
  const claims: Record<string, unknown> = { ...present };
  for (const sample of samplesOf({ index: 0, from: null, to: null, when: asked })) Object.assign(claims, sample.claims);
  const tokens = providers.map((provider) => {
    const accepted = acceptedBy(provider, claims);
    const issuer = claims.iss;
    // An issuer that only stands for `any` gives way to one that is accepted.
    const keeps = typeof issuer === 'string' && !issuer.startsWith('any-');
    return editToken({ ...accepted, ...claims, ...(keeps ? {} : { iss: accepted.iss }) });
  });
  return [...tokens, ...(request.jwt ? [editToken(null)] : [])];
}

function transportEdits({ mesh, request }: Scene): readonly Edit[] {
  const { workload, plaintext } = request.from;
  const own = workload === undefined ? undefined : mesh.workloads.find(({ id }) => id === workload)?.identity;
  // An app does not choose: its proxy does.
  if (!own || (!plaintext && request.from.as !== 'attacker')) return [];
  return [editTransport(!plaintext, own)];
}

/** Workloads of the mesh that the clauses admit (or do not), those near the sender first; then identities that nobody holds. */
function senderEdits({ mesh, request, destination }: Scene, clauses: readonly Clause[]): readonly Edit[] {
  const own = request.from.workload;
  const [ownNamespace] = own?.split('/') ?? [];
  const near = (workload: Workload): number =>
    workload.namespace === ownNamespace ? 0 : workload.namespace === destination?.namespace ? 1 : 2;
  const instead = own === undefined ? '' : ` instead of ${own}`;
  const others = mesh.workloads
    .filter(({ id, identity, gateway }) => identity !== null && id !== own && gateway?.kind !== 'waypoint')
    .filter((workload) => workload !== destination)
    .filter(({ identity }) => clauses.length > 0 || identity !== null)
    .sort((a, b) => near(a) - near(b) || (a.id < b.id ? -1 : 1))
    .map((workload) => editSender({ workload: workload.id }, `from ${workload.id}${instead}`, workload.identity));
  const named = samplesFor(clauses).flatMap(({ peer }) => (peer && !peer.includes('/any') ? [peer] : []));
  const unheld = [...new Set(named)]
    .filter((peer) => !mesh.identities.has(peer))
    .map((peer) => editSender({ principal: peer }, `as ${peer}, which no workload of the input has`, peer));
  return [...spread(others, clauses), ...unheld, ...placeless(request.from)];
}

/** In a large mesh, only as many as can be told apart by the clauses. */
function spread(edits: readonly Edit[], clauses: readonly Clause[]): readonly Edit[] {
  if (edits.length <= 4 * MOST_SENDERS) return edits;
  const blank: View = {
    peer: null,
    sourceIp: undefined,
    remoteIp: undefined,
    destinationIp: undefined,
    port: 0,
    sni: '',
    claims: undefined,
  };
  const matching = edits.filter((edit) => clauses.every((each) => each.test(edit.see(blank)) !== false));
  return [...new Set([...matching.slice(0, MOST_SENDERS), ...edits.slice(0, MOST_SENDERS)])];
}

const placeless = (from: RequestFrom): readonly Edit[] =>
  from.position === 'pod-outside-mesh' || from.internet
    ? []
    : [editSender({ position: 'pod-outside-mesh' }, 'from a pod outside the mesh', null)];

/** The dimension of each clause that has one, with the clauses about it. */
export function byDimension(clauses: readonly Clause[]): ReadonlyMap<Dimension, readonly Clause[]> | undefined {
  const groups = new Map<Dimension, Clause[]>();
  for (const clause of clauses) {
    const dimension = dimensionOf(clause);
    if (!dimension) return undefined;
    const group = groups.get(dimension);
    if (group) group.push(clause);
    else groups.set(dimension, [clause]);
  }
  return groups;
}
