import { byOf } from '../../model/by.ts';
import { isMachine } from '../../model/inventory/member.ts';
import type { Mesh, MeshService, Workload } from '../../model/inventory/types.ts';
import type { ClientTlsSettings } from '../../model/istio/destination-rule.ts';
import type { WorkloadEntrySpec } from '../../model/istio/workload-entry.ts';
import type { Path } from '../../model/resource.ts';
import type { By } from '../../result/location.ts';
import type { Transport } from '../attempt.ts';
import type { Enforcement } from '../enforcement.ts';
import { serviceHost } from '../gateway/host-name.ts';
import { modeOfPort } from '../mtls/effective-mode.ts';
import { destinationRules, type MergedRule } from './destination-rules.ts';
import type { PlacedPolicy } from './placed-policy.ts';
import { isEntryService } from './entry-service.ts';
import { acceptsHbone } from './hbone.ts';

/** A cluster of a client's proxy: a port of a service, or of a subset of it. */
export interface Upstream {
  readonly host: string;
  readonly service: MeshService;
  /** The service's port. */
  readonly port: number;
  /** Empty: all endpoints. */
  readonly subset: string;
}

export interface UpstreamEndpoint {
  readonly workload: Workload;
  /** The workload's own port. */
  readonly port: number;
  readonly written?: WorkloadEntrySpec;
}

/** How the client's proxy opens connections, and why. */
export interface UpstreamTls {
  readonly connects: Transport;
  /** Set by the DestinationRule. */
  readonly sni?: string;
  readonly why: string;
  readonly by: By | null;
  readonly assumes: readonly string[];
}

const TLS_MODE = 'security.istio.io/tlsMode';

/**
 * How a waypoint connects to an endpoint: over HBONE where it takes that, else in plaintext; TLS of a DestinationRule goes inside. It knows no
 * other mutual TLS.
 *
 * Source: istio pilot/pkg/networking/core/cluster_waypoint.go (buildWaypointInboundVIPCluster, buildWaypointTLSContext).
 */
export function chooseWaypointTls(
  enforcement: Enforcement,
  waypoint: Workload,
  { host, service, port, subset }: Upstream,
  { workload }: UpstreamEndpoint,
): UpstreamTls {
  if (workload.dataPlane.kind === 'ambient')
    return { connects: 'mtls', why: 'the endpoint takes HBONE', by: null, assumes: [] };
  if (workload.dataPlane.kind === 'sidecar') {
    const { accepts, why, assumes } = acceptsHbone(enforcement, workload);
    if (accepts) return { connects: 'hbone', why, by: null, assumes };
  }
  const rule = destinationRules(enforcement.mesh).find(host, { ...waypoint, labels: {} }, service.namespace);
  const written = rule && clusterTls(rule, subset, port);
  const own = written && asWritten(written, rule, waypoint);
  if (own?.connects === 'tls') return own;
  return { connects: 'plaintext', why: 'the endpoint takes no HBONE', by: null, assumes: [] };
}

/** The cluster that stands for a service port without any route. */
export const upstreamOf = (service: MeshService, port: number): Upstream => ({
  host: isEntryService(service) ? (service.hosts[0] ?? '') : serviceHost(service.name, service.namespace),
  service,
  port,
  subset: '',
});

/**
 * How a sidecar or a gateway connects to an endpoint: as its DestinationRule says, else by auto mTLS. What a DestinationRule says is taken as it
 * is; HBONE to endpoints of ztunnel comes before it, to other sidecars mutual TLS is preferred.
 *
 * Source: istio pilot/pkg/networking/core/cluster_tls.go (buildUpstreamTLSSettings, applyHBONETransportSocketMatches),
 * pilot/pkg/xds/endpoints/mtls_checker.go, endpoint_builder.go (buildEnvoyLbEndpoint); reference §1.7.
 */
export function chooseUpstreamTls(
  enforcement: Enforcement,
  client: Workload,
  upstream: Upstream,
  endpoint: UpstreamEndpoint | undefined,
): UpstreamTls {
  const { host, service, port, subset } = upstream;
  // Of a headless service a sidecar makes one cluster for whatever address the client asked for, which knows nothing of its endpoints.
  const isPassthrough = service.headless && client.dataPlane.kind === 'sidecar';
  if (endpoint?.workload.dataPlane.kind === 'ambient' && !isPassthrough)
    return { connects: 'mtls', why: 'the endpoint takes HBONE', by: null, assumes: [] };
  const rule = destinationRules(enforcement.mesh).find(host, client, service.namespace);
  const written = rule && clusterTls(rule, subset, port);
  if (written) return asWritten(written, rule, client);
  const plaintext = (why: string, by: By | null = null): UpstreamTls => ({
    connects: 'plaintext',
    why,
    by,
    assumes: [],
  });
  if (isExternal(service)) return plaintext('there is no auto mTLS to hosts outside the mesh');
  const { enableAutoMtls } = enforcement.configOf(client);
  if (!enableAutoMtls.value) return plaintext(`${enableAutoMtls.by} turns auto mTLS off`);
  const ofNamespace = enforcement.namespaceMode(enforcement.policyCluster(client), service.namespace);
  if (ofNamespace.mode === 'DISABLE')
    return plaintext(`mTLS is disabled for the ${ofNamespace.level} of the service`, ofNamespace.by);
  if (isPassthrough) {
    const without = workloadsOf(enforcement.mesh, service).find((each) => tlsModeOf({ workload: each }) !== 'istio');
    return without
      ? plaintext(`endpoint ${without.id} of the headless service takes no mTLS`, byOf(without.resource))
      : {
          connects: 'mtls',
          why: 'auto mTLS: every endpoint of the headless service has a sidecar',
          by: null,
          assumes: [],
        };
  }
  if (!endpoint) return plaintext('nothing says that the endpoint takes mTLS');
  const checked = rule && endpointTls(rule, subset, port);
  if (checked && checked.settings.mode !== 'ISTIO_MUTUAL')
    return plaintext(`${nameOf(checked.rule)} sets TLS mode ${checked.settings.mode ?? 'DISABLE'}`, byTls(checked));
  if (!checked && tlsModeOf(endpoint) !== 'istio')
    return plaintext(`auto mTLS: endpoint ${endpoint.workload.id} has no sidecar`);
  const { mode, by } = modeOfPort(enforcement.modesAsSeenBy(client, endpoint.workload), endpoint.port);
  if (!checked && mode === 'DISABLE')
    return plaintext(`auto mTLS: PeerAuthentication disables it on port ${endpoint.port}`, by);
  return { connects: 'mtls', why: 'auto mTLS: the endpoint has a sidecar', by: null, assumes: [] };
}

interface PlacedTls {
  readonly rule: PlacedPolicy['rule'];
  readonly path: Path;
  readonly settings: ClientTlsSettings;
}

function asWritten(written: PlacedTls, { hasSelector, assumes }: MergedRule, client: Workload): UpstreamTls {
  const { settings, rule } = written;
  const { mode = 'DISABLE', credentialName = '', clientCertificate, privateKey, sni } = settings;
  const why = `${nameOf(rule)} sets TLS mode ${mode}`;
  const by = byTls(written);
  const base = { by, assumes };
  if (mode === 'DISABLE') return { ...base, connects: 'plaintext', why };
  const named = sni ? { sni } : {};
  if (mode === 'ISTIO_MUTUAL') return { ...base, connects: 'mtls', why, ...named };
  const secret = credentialName !== '' && !/^(configmap|invalid):\/\//.test(credentialName);
  if (secret && client.dataPlane.kind === 'sidecar' && !hasSelector) {
    return {
      connects: 'plaintext',
      why: `${why}, which sidecars ignore: its credentialName needs a workloadSelector`,
      ...base,
    };
  }
  if (mode === 'MUTUAL' && credentialName === '' && !(clientCertificate && privateKey))
    return { ...base, connects: 'plaintext', why: `${why} without a client certificate, which istiod ignores` };
  return { ...base, connects: 'tls', why, ...named };
}

const nameOf = ({ kind, namespace, name }: PlacedPolicy['rule']): string => `${kind} ${namespace}/${name}`;
const byTls = ({ rule, path }: PlacedTls): By =>
  byOf(rule, { clause: path.slice(1).join('.'), path: [...path, 'mode'] });

/** Settings of a port stand in the way of the general ones, also where they say nothing of TLS. */
function clusterTls(rule: MergedRule, subset: string, port: number): PlacedTls | undefined {
  return findTls(rule, subset, port, false);
}

/** What istiod says of each endpoint: here settings of a port without TLS leave the general ones. */
function endpointTls(rule: MergedRule, subset: string, port: number): PlacedTls | undefined {
  return findTls(rule, subset, port, true);
}

function findTls(
  { policy, subsets, backend }: MergedRule,
  subset: string,
  port: number,
  inherits: boolean,
): PlacedTls | undefined {
  const ofSubset = subset === '' ? undefined : subsets.get(subset)?.policy;
  return (
    (ofSubset && levelTls(ofSubset, port, inherits)) ??
    (policy && levelTls(policy, port, inherits)) ??
    (backend && levelTls(backend, port, true))
  );
}

function levelTls({ rule, path, policy }: PlacedPolicy, port: number, inherits: boolean): PlacedTls | undefined {
  const index = (policy.portLevelSettings ?? []).findIndex((each) => each.port?.number === port);
  const ofPort = policy.portLevelSettings?.[index];
  if (ofPort?.tls) return { rule, path: [...path, 'portLevelSettings', index, 'tls'], settings: ofPort.tls };
  if (ofPort && !inherits) return undefined;
  return policy.tls && { rule, path: [...path, 'tls'], settings: policy.tls };
}

const isExternal = (service: MeshService): boolean =>
  isEntryService(service) ? service.external : service.type === 'ExternalName';

function workloadsOf(mesh: Mesh, service: MeshService): readonly Workload[] {
  return service.workloads.flatMap((id) => mesh.workloadById.get(id) ?? []);
}

/**
 * The label that injection gives to pods with a sidecar; of a machine, also its service account tells. Source: istio
 * pilot/pkg/serviceregistry/serviceentry/conversion.go (getTLSModeFromWorkloadEntry), injection-template.yaml.
 */
function tlsModeOf({ workload, written }: Pick<UpstreamEndpoint, 'workload' | 'written'>): string {
  if (written) return written.labels?.[TLS_MODE] ?? (written.serviceAccount ? 'istio' : 'disabled');
  const label = workload.labels[TLS_MODE];
  if (label !== undefined) return label;
  if (isMachine(workload)) return workload.serviceAccount !== 'default' || isProxied(workload) ? 'istio' : 'disabled';
  return isProxied(workload) ? 'istio' : 'disabled';
}

const isProxied = ({ dataPlane }: Workload): boolean => dataPlane.kind === 'sidecar';

/** The same, for a trace. */
export function describeUpstream({ connects, why }: UpstreamTls): string {
  const what = {
    mtls: 'mutual TLS',
    hbone: 'HBONE',
    tls: 'TLS without a certificate of the mesh',
    plaintext: 'plaintext',
  };
  return `the client's proxy sends ${what[connects]}: ${why}`;
}
