import type { Workload } from '../../model/inventory/types.ts';
import type { EvidenceStatus } from '../../result/status.ts';
import { decide } from '../../semantics/decide.ts';
import { CNI_ENFORCES, podOf } from '../../semantics/network.ts';
import { decideEgress } from '../../semantics/network-policy/decide.ts';
import type { NetworkPeer } from '../../semantics/network-policy/peer.ts';
import type { Facts } from '../facts.ts';
import { cloudOf } from './cloud.ts';
import { tier0Of } from './tier0.ts';

/** What code in a workload may ask of what the cluster runs on. By itself none of it is control of anything: it is what an attacker tries. */
export interface PlatformService {
  readonly kind: 'metadata' | 'kubelet' | 'kubelet-read-only' | 'istiod-xds' | 'istiod-debug' | 'istiod-webhook';
  /** `169.254.169.254:80`, `istio-system/istiod:15010`. */
  readonly at: string;
  readonly technique: 'T1552.005' | 'T1609' | 'T1613' | 'T1552.007';
  /** What it gives, as a clause. */
  readonly gives: string;
  /** `UNKNOWN`: whether it answers is not in the input. */
  readonly status: EvidenceStatus;
  readonly assumes: readonly string[];
  /** What it takes besides running code there. */
  readonly requires: readonly string[];
}

/** The services that the network lets a workload reach; an egress policy that is conditional is among what is assumed. */
export function platformServicesFor(facts: Facts, workload: Workload): readonly PlatformService[] {
  return [...metadata(facts, workload), ...istiod(facts, workload), ...kubelets(facts, workload)];
}

const METADATA = '169.254.169.254';

/** Source: providers' documentation of their instance metadata services. */
export function metadata(facts: Facts, workload: Workload): readonly PlatformService[] {
  const cloud = cloudOf(facts.mesh, workload.cluster);
  if (cloud?.keepsFromPods && !workload.hostNetwork) return [];
  const admitted = admits(facts, workload, { kind: 'external', ip: METADATA }, 80);
  if (!admitted) return [];
  const where = cloud ? [] : ['the cluster runs on a cloud'];
  const answers = workload.hostNetwork ? [] : ['the metadata service answers pods (on AWS by the hop limit of IMDSv2)'];
  return [
    {
      kind: 'metadata',
      at: `${METADATA}:80`,
      technique: 'T1552.005',
      gives: `the credentials of its node${cloud ? ` on ${cloud.name} (${cloud.sign})` : ''}`,
      status: cloud ? 'INFERRED' : 'UNKNOWN',
      assumes: [...where, ...answers, ...admitted],
      requires: [],
    },
  ];
}

/** Source: istio pilot/pkg/bootstrap/server.go (ports); reference (debug endpoints of 15014 ask who calls since 1.29). */
const ISTIOD: readonly (Pick<PlatformService, 'kind' | 'technique' | 'gives' | 'requires'> & {
  readonly port: number;
})[] = [
  {
    kind: 'istiod-xds',
    port: 15010,
    technique: 'T1613',
    gives: 'the configuration of proxies, in plaintext',
    requires: ['a token of a service account, where istiod asks for one in plaintext'],
  },
  {
    kind: 'istiod-debug',
    port: 8080,
    technique: 'T1613',
    gives: 'what istiod knows of the mesh, by its debug endpoints',
    requires: [],
  },
  {
    kind: 'istiod-debug',
    port: 15014,
    technique: 'T1613',
    gives: 'what istiod knows of the mesh, by its debug endpoints',
    requires: ['a token of the namespace of istiod, from Istio 1.29 on'],
  },
  {
    kind: 'istiod-webhook',
    port: 15017,
    technique: 'T1613',
    gives: 'what is injected into any pod that it describes',
    requires: [],
  },
];

function istiod({ mesh, enforcement }: Facts, workload: Workload): readonly PlatformService[] {
  const found = [...tier0Of(mesh)].filter(
    ([each, { name }]) => name === 'istiod' && each.cluster === workload.cluster && each !== workload,
  );
  return found.flatMap(([target]) =>
    ISTIOD.flatMap(({ port, ...service }): readonly PlatformService[] => {
      const { outcome, assumes, reason } = decide(enforcement, {
        client: 'attacker',
        source: { position: { kind: 'workload', workload }, identity: null, connects: 'plaintext' },
        destination: { workload: target, port },
        transport: 'TCP',
        at: 'network-policy',
      });
      if (outcome === 'deny') return [];
      const open = outcome === 'unknown' ? [`the network lets it there: ${reason}`] : [];
      const listens = `istiod listens on ${port}, as it does unless its flags say otherwise`;
      const at = `${target.id}:${port}`;
      return [{ ...service, at, status: 'UNKNOWN', assumes: [listens, ...open, ...assumes] }];
    }),
  );
}

/** Source: Kubernetes kubelet configuration (authentication.anonymous, authorization.mode, readOnlyPort). */
function kubelets(facts: Facts, workload: Workload): readonly PlatformService[] {
  const secured = admits(facts, workload, { kind: 'node' }, 10250);
  const readOnly = admits(facts, workload, { kind: 'node' }, 10255);
  return [
    ...(secured
      ? [
          {
            kind: 'kubelet',
            at: 'node:10250',
            technique: 'T1609',
            gives: 'commands in every pod of the node',
            status: 'UNKNOWN',
            assumes: secured,
            requires: ['a token that may use nodes/proxy, or a kubelet that takes anonymous requests'],
          } as const,
        ]
      : []),
    ...(readOnly
      ? [
          {
            kind: 'kubelet-read-only',
            at: 'node:10255',
            technique: 'T1552.007',
            gives: 'the pods of the node with what their manifests hold',
            status: 'UNKNOWN',
            assumes: ['the kubelet serves its read-only port', ...readOnly],
            requires: [],
          } as const,
        ]
      : []),
  ];
}

/** What it rests on that the egress policies of a workload let it there; undefined: they do not. */
function admits(
  { mesh, enforcement }: Facts,
  workload: Workload,
  to: NetworkPeer,
  port: number,
): readonly string[] | undefined {
  if (mesh.cni === 'ignores-network-policy' || workload.hostNetwork) return [];
  const { outcome, by, assumes, reason } = decideEgress(enforcement.network, podOf(workload), to, port, 'TCP');
  if (outcome === 'deny') return undefined;
  if (outcome === 'unknown') return [`its network policies let it there: ${reason}`];
  return by ? [CNI_ENFORCES, ...assumes] : assumes;
}
