import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { objectOfChange } from '../../model/change/change.ts';
import type { Candidate } from '../../remediate/candidate.ts';
import type { Manifest } from '../../model/change/manifest.ts';

const SHOWN = 4;

/**
 * What changes of this kind are known to break, as far as it concerns this mesh: named, so that it is looked at before. Reference §15.12: a
 * default deny of the root namespace closes gateways too; STRICT refuses the API server's calls of webhooks; a NetworkPolicy that isolates
 * egress has to keep DNS, istiod and HBONE.
 */
export function knownOutages(facts: Facts, { changes, destinations, isTrial }: Candidate): readonly string[] {
  if (isTrial) return [];
  const added = changes.flatMap((change) => (change.kind === 'add' ? [change.manifest] : []));
  const isStrict = changes.some(
    (change) => objectOfChange(change).kind === 'PeerAuthentication' && JSON.stringify(change).includes('STRICT'),
  );
  return [
    ...(added.some((manifest) => isRootDeny(facts, manifest)) ? gatewaysToOpen(facts, added) : []),
    ...(isStrict ? webhooksAt(facts, destinations) : []),
    ...added.flatMap((manifest) => (manifest.kind === 'NetworkPolicy' ? egressToKeep(facts, manifest) : [])),
    ...(isRefusing(added)
      ? ['connections that are open keep the old rules until drained (45 seconds by default)']
      : []),
  ];
}

const specOf = (manifest: Manifest): Readonly<Record<string, unknown>> =>
  typeof manifest.spec === 'object' && manifest.spec !== null ? (manifest.spec as Record<string, unknown>) : {};

const isRefusing = (added: readonly Manifest[]): boolean => added.some(({ kind }) => kind === 'AuthorizationPolicy');

function isRootDeny({ enforcement }: Facts, manifest: Manifest): boolean {
  return (
    manifest.kind === 'AuthorizationPolicy' &&
    manifest.metadata.namespace === enforcement.rootNamespace &&
    Object.keys(specOf(manifest)).length === 0
  );
}

/** A gateway has clients without a name, a waypoint is the caller of what stands behind it: each needs an ALLOW of its own first. */
function gatewaysToOpen({ mesh }: Facts, added: readonly Manifest[]): readonly string[] {
  const opened = new Set(added.map(({ metadata }) => metadata.namespace));
  const closed = mesh.workloads.filter(
    ({ gateway, namespace }) => gateway && gateway.kind !== 'waypoint' && !opened.has(namespace),
  );
  return closed.length === 0
    ? []
    : [`an ALLOW at ${few(closed.map(({ id }) => id))}: the default deny of the root namespace closes gateways too`];
}

function webhooksAt(facts: Facts, destinations: readonly Workload[]): readonly string[] {
  const callers = plaintextCallers(facts, destinations).filter(({ caller }) => caller.includes('apiserver'));
  return callers.map(
    ({ workload, port, why }) =>
      `the API server calls ${workload}${port === undefined ? '' : `:${port}`} without a certificate of the mesh (${why}): give that port an exception first`,
  );
}

/** DNS, istiod 15012 and HBONE 15008 where egress is isolated. */
function egressToKeep({ enforcement }: Facts, manifest: Manifest): readonly string[] {
  const spec = specOf(manifest);
  const types = Array.isArray(spec.policyTypes) ? spec.policyTypes : [];
  if (!types.includes('Egress') && spec.egress === undefined) return [];
  const text = JSON.stringify(spec.egress ?? []);
  const missing = [
    ...(text.includes('"port":53') ? [] : ['DNS (port 53, UDP and TCP)']),
    ...(text.includes('"port":15012') ? [] : [`istiod (port 15012 in ${enforcement.rootNamespace})`]),
    ...(text.includes('"port":15008') ? [] : ['HBONE (port 15008) where peers are ambient']),
  ];
  return missing.length === 0
    ? []
    : [`other NetworkPolicies of ${manifest.metadata.namespace} keep ${missing.join(', ')} open`];
}

const few = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more` : names.join(', ');
