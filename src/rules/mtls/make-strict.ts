import { withPolicies } from '../../graph/apply.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { Change } from '../../model/change/change.ts';
import { effectiveZtunnelMode } from '../../semantics/ambient/effective-mode.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { modeOfPort } from '../../semantics/mtls/effective-mode.ts';
import { hasSelector } from '../../semantics/policy-index.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { manifestOf, proposedResource } from '../proposed.ts';
import { selectorOf } from '../select-workload.ts';

/** A change by which ports demand mutual TLS, as decided on the model. */
export interface StrictChange {
  readonly summary: string;
  readonly changes: readonly Change[];
  /** Ports that accept plaintext all the same. */
  readonly left: readonly PortFacts[];
  /** Ports that get an exception. */
  readonly kept: readonly PortFacts[];
}

interface Draft {
  readonly summary: string;
  readonly edits: readonly { readonly before: PeerAuthentication; readonly spec: Spec }[];
  readonly fresh: readonly Manifest[];
}

/**
 * STRICT in the object at fault, or where nothing is set in the narrowest place that holds all the ports: the first draft that closes all of
 * them. `exceptions` are ports that have to go on accepting plaintext; each gets a policy of its own where its workload has none.
 */
export function makeStrict(
  facts: Facts,
  policy: PeerAuthentication | undefined,
  ports: readonly PortFacts[],
  exceptions: readonly PortFacts[] = [],
): StrictChange {
  const kept = policy && hasSelector(policy.spec) ? [] : exceptionsFor(facts, exceptions);
  const closed = ports.filter((port) => !kept.some(({ of }) => of.includes(port)));
  const drafts = policy ? draftEdits(policy, ports) : [draftNew(facts, ports)];
  const complete = drafts.map(
    (draft): Draft => ({ ...draft, fresh: [...kept.map(({ manifest }) => manifest), ...draft.fresh] }),
  );
  const tried = complete.map((draft) => ({ draft, left: stillOpen(facts, draft, closed) }));
  const best = tried.reduce((a, b) => (b.left.length < a.left.length ? b : a));
  const { summary, edits, fresh } = best.draft;
  const beside = ports[0]?.workload.resource;
  return {
    summary,
    changes: [
      ...edits.map(({ before, spec: after }) => changeSpec(before, after)),
      ...(beside ? addObjects(beside, fresh) : []),
    ],
    left: best.left,
    kept: kept.flatMap(({ of }) => of),
  };
}

interface Exception {
  readonly of: readonly PortFacts[];
  readonly manifest: Manifest;
}

/** STRICT but on these ports, written out in one policy per workload, so that ambient reads it as sidecars do (reference §1.6). */
function exceptionsFor({ mesh, enforcement }: Facts, ports: readonly PortFacts[]): readonly Exception[] {
  return [...new Set(ports.map(({ workload }) => workload))].flatMap((workload): readonly Exception[] => {
    const { cluster, namespace, name, labels } = workload;
    const taken = enforcement.policies.peerAuthentication
      .selecting(cluster, namespace, labels)
      .some(({ spec }) => hasSelector(spec));
    const matchLabels = selectorOf(mesh, workload);
    if (taken || !matchLabels || namespace === enforcement.rootNamespace) return [];
    const of = ports.filter((port) => port.workload === workload);
    const portLevelMtls = Object.fromEntries(of.map(({ port }) => [String(port.port), { mode: 'PERMISSIVE' }]));
    const spec = { selector: { matchLabels }, mtls: { mode: 'STRICT' }, portLevelMtls };
    const metadata = { name: `${name}-exception`, namespace };
    return [{ of, manifest: { apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata, spec } }];
  });
}

type Spec = PeerAuthentication['spec'];

/** The mode that the policy itself writes for a port. */
export function writtenMode(
  { spec }: PeerAuthentication,
  port: number,
): { readonly mode: string; readonly isPort: boolean } | undefined {
  const entry = spec.portLevelMtls?.[String(port)]?.mode;
  if (entry !== undefined && entry !== 'UNSET') return { mode: entry, isPort: true };
  const { mode } = spec.mtls ?? {};
  return mode === undefined || mode === 'UNSET' ? undefined : { mode, isPort: false };
}

/** The field that says so; where that is not enough (ambient reads some combinations otherwise), the whole policy. */
function draftEdits(policy: PeerAuthentication, ports: readonly PortFacts[]): readonly Draft[] {
  const name = `${policy.namespace}/${policy.name}`;
  const numbers = [...new Set(ports.map(({ port }) => port.port))].sort((a, b) => a - b);
  const entries = numbers.filter((port) => writtenMode(policy, port)?.isPort);
  const others = entries.length < numbers.length;
  const levels = Object.fromEntries(
    Object.entries(policy.spec.portLevelMtls ?? {}).map(([port, entry]) => [
      port,
      entries.includes(Number(port)) ? { mode: 'STRICT' } : entry,
    ]),
  );
  const portLevelMtls = policy.spec.portLevelMtls ? { portLevelMtls: levels } : {};
  const fields = { ...policy.spec, ...portLevelMtls, ...(others ? { mtls: { mode: 'STRICT' } } : {}) } as Spec;
  const { portLevelMtls: _entries, ...plain } = policy.spec;
  const whole = { ...plain, mtls: { mode: 'STRICT' } } as Spec;
  const what = [...(others ? ['mtls.mode'] : []), ...entries.map((port) => `portLevelMtls ${port}`)].join(' and ');
  return [
    edited(policy, fields, `set ${what} to STRICT in ${name}`),
    edited(policy, whole, `set mtls.mode to STRICT in ${name}, without portLevelMtls`),
  ];
}

function edited(policy: PeerAuthentication, spec: Spec, summary: string): Draft {
  return { summary, edits: [{ before: policy, spec }], fresh: [] };
}

/**
 * Mesh-wide where the root namespace is in the input and several namespaces lack a mode, since that reaches exactly those that set none; else
 * in each namespace. A policy that stands there and sets nothing would win over a newer one, so it is the one to change.
 */
function draftNew(facts: Facts, ports: readonly PortFacts[]): Draft {
  const { rootNamespace } = facts.enforcement;
  const namespaces = [...new Set(ports.map(({ workload }) => workload.namespace))].sort();
  const seesRoot = facts.isComplete('root-policies') || facts.isComplete({ namespace: rootNamespace });
  const places = namespaces.length > 1 && seesRoot ? [rootNamespace] : namespaces;
  const cluster = ports[0]?.workload.cluster ?? '';
  const edits: { before: PeerAuthentication; spec: Spec }[] = [];
  const fresh: Manifest[] = [];
  for (const place of places) {
    const present = facts.mesh.resources.inNamespace('PeerAuthentication', place, cluster);
    const silent = present.filter(({ spec }) => !hasSelector(spec));
    for (const before of silent) {
      edits.push({ before, spec: { ...before.spec, mtls: { mode: 'STRICT' } } });
    }
    if (silent.length === 0)
      fresh.push(strictPolicy(place, present.some(({ name }) => name === 'default') ? 'strict-mtls' : 'default'));
  }
  const where =
    places.length === 1 && places[0] === rootNamespace && namespaces.length > 1
      ? `mesh-wide (${rootNamespace})`
      : `in ${places.length === 1 ? 'namespace' : 'namespaces'} ${places.join(', ')}`;
  return { summary: `set STRICT ${where}`, edits, fresh };
}

function strictPolicy(namespace: string, name: string): Manifest {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace },
    spec: { mtls: { mode: 'STRICT' } },
  };
}

function stillOpen({ enforcement }: Facts, { edits, fresh }: Draft, ports: readonly PortFacts[]): readonly PortFacts[] {
  const cluster = ports[0]?.workload.cluster ?? '';
  const add = [
    ...edits.map(({ before, spec }) => withAge(proposedResource(manifestOf(before, spec), cluster), before)),
    ...fresh.map((each) => proposedResource(each, cluster)),
  ];
  const after = withPolicies(enforcement, { add }, new Set(ports.map(({ workload }) => workload.namespace)));
  return ports.filter((port) => modeAfter(after, port) !== 'STRICT');
}

/** An edit leaves an object as old as it was, and age decides who wins. */
const withAge = <T extends object>(resource: T, { creationTimestamp }: PeerAuthentication): T =>
  creationTimestamp === undefined ? resource : { ...resource, creationTimestamp };

function modeAfter(enforcement: Enforcement, { workload, port }: PortFacts): string {
  if (workload.dataPlane.kind === 'ambient') return effectiveZtunnelMode(enforcement.ztunnel(workload), port.port).mode;
  return modeOfPort(enforcement.modes(workload), port.port).mode;
}
