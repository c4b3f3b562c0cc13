import { byOf, plainBy } from '../model/by.ts';
import { namespaceKey, type Workload } from '../model/inventory/types.ts';
import { isMachine } from '../model/inventory/member.ts';
import type { Sidecar } from '../model/istio/sidecar.ts';
import type { MeshConfig, Setting } from '../model/mesh-config.ts';
import type { Resource } from '../model/resource.ts';
import type { By } from '../result/location.ts';
import { outboundPolicies } from '../semantics/egress/outbound-policy.ts';
import { CNI_ENFORCES } from '../semantics/network.ts';
import { egressAllowsAnywhere } from '../semantics/network-policy/external-egress.ts';
import { findUnmodelled } from '../semantics/network-policy/policy-index.ts';
import type { Facts } from './facts.ts';

export type OutboundMode = MeshConfig['outboundTrafficPolicy']['value'];

/** What is configured for destinations that a workload's proxy does not know. */
export interface Outbound {
  readonly mode: OutboundMode;
  /** The Sidecar, or the object that holds the mesh config (also where it does not set a mode); null: neither is in the input. */
  readonly by: By | null;
  /** That object itself. */
  readonly object: Resource | null;
  readonly from: 'sidecar' | 'mesh-config' | 'default';
  /** The Sidecar that applies, whether it sets a mode or not. */
  readonly sidecar: Sidecar | null;
  /** One sentence. */
  readonly why: string;
  readonly assumes: readonly string[];
}

/** What the network itself does with traffic of a workload to addresses outside the cluster. */
export interface NetworkControl {
  /**
   * `restricted`: no address of an attacker's choice; `some-ports`: any address on some ports (often DNS); `open`: policies are there and admit
   * any address; `none`: nothing isolates it; `unknown`: an object that is not modelled may.
   */
  readonly state: 'restricted' | 'some-ports' | 'open' | 'none' | 'unknown';
  readonly by: readonly Resource[];
  readonly holes: readonly string[];
  readonly why: string;
  readonly assumes: readonly string[];
}

/** A way on which traffic leaves a workload without the outbound policy being asked. */
export interface Exit {
  readonly kind:
    | 'outside-mesh'
    | 'host-network'
    | 'ambient'
    | 'not-captured'
    | 'excluded'
    | 'proxy-uid'
    | 'rewrites-capture'
    | 'udp';
  readonly why: string;
  readonly by: By | null;
  /** Open to what any code sends; false: it takes UDP, or rights that a container of the workload has. */
  readonly plain: boolean;
}

/** Whether a NetworkPolicy could select it at all. */
export const canBeSelected = ({ hostNetwork, kind }: Workload): boolean => !hostNetwork && !isMachine({ kind });

export interface EgressFacts {
  /** Null for gateways, which no outbound policy governs. Outside the mesh and at ztunnel: what the mesh config says, though nothing enforces it. */
  outboundOf(workload: Workload): Outbound | null;
  controlOf(workload: Workload): NetworkControl;
  /** The plainest first. */
  exitsOf(workload: Workload): readonly Exit[];
}

/** What leaves the cluster, and what stands in the way: the proxy's setting, the network's policies, and the ways around the first. */
export function egressFacts(facts: Facts): EgressFacts {
  let known = KNOWN.get(facts);
  if (!known) {
    known = makeEgressFacts(facts);
    KNOWN.set(facts, known);
  }
  return known;
}

/** Several rules, and the score, ask the same. */
const KNOWN = new WeakMap<Facts, EgressFacts>();

function makeEgressFacts(facts: Facts): EgressFacts {
  const { enforcement } = facts;
  const controls = new Map<Workload, NetworkControl>();
  const exits = new Map<Workload, readonly Exit[]>();
  const policyOf = outboundPolicies(enforcement);
  // Places in files are looked up once per object, not once per workload.
  const bySidecar = new Map<Sidecar, Outbound>();
  const bySetting = new Map<Setting<OutboundMode>, Omit<Outbound, 'sidecar'>>();
  return {
    outboundOf(workload) {
      if (workload.dataPlane.kind === 'gateway') return null;
      const { mode, by, sidecar, why } = policyOf(workload);
      if (by && sidecar && mode !== 'none') {
        const known = bySidecar.get(sidecar) ?? {
          mode,
          by: plainBy(by),
          object: sidecar,
          sidecar,
          from: 'sidecar',
          why: `${why} sets it`,
          assumes: [],
        };
        bySidecar.set(sidecar, known);
        return known;
      }
      const setting = enforcement.configOf(workload).outboundTrafficPolicy;
      const ofMesh = bySetting.get(setting) ?? ofMeshConfig(facts, setting);
      bySetting.set(setting, ofMesh);
      return { ...ofMesh, sidecar };
    },
    controlOf(workload) {
      const known = controls.get(workload) ?? controlOf(facts, workload);
      controls.set(workload, known);
      return known;
    },
    exitsOf(workload) {
      const known = exits.get(workload) ?? exitsOf(workload);
      exits.set(workload, known);
      return known;
    },
  };
}

function ofMeshConfig(facts: Facts, setting: Setting<OutboundMode>): Omit<Outbound, 'sidecar'> {
  const holder = findHolder(facts, setting);
  const by = holder?.by ?? null;
  const object = holder?.resource ?? null;
  const { value: mode, from } = setting;
  if (from !== 'default') return { mode, by, object, from: 'mesh-config', why: `${setting.by} sets it`, assumes: [] };
  const why = by
    ? `${by.kind} ${nameOf(by)} does not set it, and Istio's default is ${mode}`
    : `Istio's default is ${mode}`;
  const assumes =
    by || facts.isComplete('mesh-config') ? [] : [`Istio's default ${mode} holds: no mesh config is in the input`];
  return { mode, by, object, from: 'default', why, assumes };
}

const HOLDER = /\b(ConfigMap|IstioOperator|Istio) (?:([^/:\s]+):)?(?:([^/\s]+)\/)?([^/\s]+)(?: does not set it)?$/;

/** The object behind a setting, also behind one that it leaves to Istio's default. */
function findHolder(
  { mesh }: Facts,
  { by, location }: Setting<unknown>,
): { readonly by: By; readonly resource: Resource } | null {
  const [, kind, cluster, namespace = '', name] = HOLDER.exec(by) ?? [];
  if (!kind || !name) return null;
  const modelled = kind === 'Istio' ? 'SailIstio' : (kind as 'ConfigMap' | 'IstioOperator');
  const resource = mesh.resources.find(modelled, namespace, name, cluster);
  if (!resource) return null;
  return { by: { kind, namespace, name, location: location ?? byOf(resource).location }, resource };
}

function controlOf({ mesh, enforcement, isComplete }: Facts, workload: Workload): NetworkControl {
  const nothing = { by: [], holes: [], assumes: [] };
  if (workload.hostNetwork)
    return { ...nothing, state: 'none', why: 'it uses the host network, where no NetworkPolicy selects it' };
  if (isMachine(workload))
    return { ...nothing, state: 'none', why: 'it runs outside Kubernetes, where no NetworkPolicy selects it' };
  if (mesh.cni === 'ignores-network-policy')
    return { ...nothing, state: 'none', why: 'the CNI does not enforce NetworkPolicy' };
  const { anywhere, by, holes } = egressAllowsAnywhere(enforcement.network, workload);
  const names = namesOf(by);
  const implemented = [
    ...new Set(by.map(({ kind }) => (kind === 'NetworkPolicy' ? CNI_ENFORCES : `the CNI implements ${kind}`))),
  ];
  if (anywhere === 'no') {
    const why =
      holes.length > 0 ? `${names} admits no more than ${holes.join('; ')}` : `${names} admits no address outside`;
    return { by, holes, state: 'restricted', why, assumes: implemented };
  }
  const foreign = findUnmodelled(enforcement.network, workload);
  const object = foreign && `${foreign.kind} ${foreign.namespace ? `${foreign.namespace}/` : ''}${foreign.name}`;
  if (object) {
    const why = `${object} is not modelled and may restrict it; NetworkPolicy alone does not`;
    return { by, holes, state: 'unknown', why, assumes: [`${object} does not keep it from addresses outside`] };
  }
  const here = namespaceKey(workload.cluster, workload.namespace);
  const known = isComplete('network-policies') || isComplete({ namespace: here });
  const assumes = known ? [] : [`namespace ${workload.namespace} has no NetworkPolicy but those of the input`];
  if (by.length === 0) return { ...nothing, state: 'none', why: 'no NetworkPolicy isolates it for egress', assumes };
  const state = anywhere === 'some-ports' ? 'some-ports' : 'open';
  return {
    by,
    holes,
    state,
    why: holes.length > 0 ? `${names} admits ${holes.join('; ')}` : `${names} denies no more than some of it`,
    assumes,
  };
}

const PROXY_UID = 1337;
const REWRITING: ReadonlySet<string> = new Set(['NET_ADMIN', 'CAP_NET_ADMIN', 'SYS_ADMIN', 'CAP_SYS_ADMIN', 'ALL']);

/** Source: reference §5.3, §7 (what REGISTRY_ONLY does not see), §15.13. */
function exitsOf(workload: Workload): readonly Exit[] {
  const { dataPlane, hostNetwork, resource } = workload;
  const plain = { plain: true, by: byOf(resource) } as const;
  if (hostNetwork) return [{ ...plain, kind: 'host-network', why: 'it uses the network of its node' }];
  if (dataPlane.kind === 'none') return [{ ...plain, kind: 'outside-mesh', why: `it has no proxy: ${dataPlane.why}` }];
  if (dataPlane.kind === 'ambient')
    return [
      { ...plain, by: null, kind: 'ambient', why: 'ztunnel does not know REGISTRY_ONLY and sends on whatever it gets' },
    ];
  const exits: Exit[] = [...uncaptured(workload)];
  for (const { name, runAsUser, privileged, addedCapabilities } of workload.containers) {
    if (name === 'istio-proxy' || name === 'istio-init' || name === 'istio-validation') continue;
    const rights = privileged
      ? 'is privileged'
      : addedCapabilities.some((each) => REWRITING.has(each))
        ? `adds ${addedCapabilities.join(', ')}`
        : undefined;
    if (runAsUser === PROXY_UID)
      exits.push({
        kind: 'proxy-uid',
        why: `container ${name} runs as uid 1337, whose traffic is never redirected`,
        by: byOf(resource),
        plain: true,
      });
    else if (rights)
      exits.push({
        kind: 'rewrites-capture',
        why: `container ${name} ${rights} and can remove the redirection`,
        by: byOf(resource),
        plain: false,
      });
  }
  exits.push({ kind: 'udp', why: 'no proxy captures UDP (DNS to any server, QUIC)', by: null, plain: false });
  return exits;
}

function uncaptured({ dataPlane: { capture }, resource }: Workload): readonly Exit[] {
  const at = (field: string): By => {
    const path = capture.sources[field];
    return byOf(resource, path ? { path, clause: String(path.at(-1)) } : {});
  };
  if (capture.mode === 'NONE')
    return [{ kind: 'not-captured', why: 'interceptionMode NONE redirects nothing', by: at('mode'), plain: true }];
  const { excludeOutboundPorts, excludeOutboundCidrs, includeOutboundCidrs, includeOutboundPorts } = capture;
  const partly = includeOutboundCidrs !== '*' && includeOutboundPorts !== '*';
  const taken = partly ? [...includeOutboundCidrs, ...includeOutboundPorts.map((port) => `port ${port}`)] : [];
  const excluded: readonly (readonly [field: string, open: boolean, why: string])[] = [
    [
      'excludeOutboundPorts',
      excludeOutboundPorts.length > 0,
      `traffic to port ${excludeOutboundPorts.join(', ')} is excluded from capture`,
    ],
    [
      'excludeOutboundCidrs',
      excludeOutboundCidrs.length > 0,
      `traffic to ${excludeOutboundCidrs.join(', ')} is excluded from capture`,
    ],
    ['includeOutboundCidrs', partly, `of what it sends, capture takes ${taken.join(', ') || 'nothing'} only`],
    [
      'excludeInterfaces',
      capture.sources.excludeInterfaces !== undefined,
      'a network interface is excluded from capture',
    ],
  ];
  return excluded.flatMap(([field, open, why]) =>
    open ? [{ kind: 'excluded' as const, why, by: at(field), plain: true }] : [],
  );
}

/** `NetworkPolicy a/b, a/c and AdminNetworkPolicy d`. */
function namesOf(policies: readonly Resource[]): string {
  const kinds = new Map<string, string[]>();
  for (const policy of policies) kinds.set(policy.kind, [...(kinds.get(policy.kind) ?? []), nameOf(policy)]);
  return [...kinds].map(([kind, names]) => `${kind} ${names.join(', ')}`).join(' and ');
}

const nameOf = ({ namespace, name }: Pick<By, 'namespace' | 'name'>): string =>
  namespace ? `${namespace}/${name}` : name;
