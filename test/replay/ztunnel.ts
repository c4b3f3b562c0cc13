import type { Principal } from '../../src/model/inventory/types.ts';
import { authorizationPolicy } from '../../src/model/istio/authorization-policy.ts';
import { peerAuthentication } from '../../src/model/istio/peer-authentication.ts';
import { type AmbientInput, compileZtunnel, type ZtunnelPolicies } from '../../src/semantics/ambient/compile.ts';
import { decideZtunnel } from '../../src/semantics/ambient/decide.ts';
import { type Manifest, readVectors, toResource } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';

interface Vector {
  readonly id: string;
  readonly request: {
    readonly sourcePrincipal: Principal | null;
    readonly sourceIP: string;
    readonly port: number;
    readonly destinationIP?: string;
  };
  readonly expected: 'allow' | 'deny';
  readonly denyBy?: 'rbac' | 'connection';
  readonly by?: string;
}

interface ZtunnelSet {
  readonly set: string;
  readonly mesh: {
    readonly rootNamespace?: string;
    readonly trustDomain?: string;
    readonly trustDomainAliases?: readonly string[];
  };
  readonly workload: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly podIP: string;
  };
  readonly policies: readonly Manifest[];
  readonly xds: { readonly refs?: readonly string[]; readonly missing?: readonly string[] };
  readonly vectors: readonly Vector[];
}

export const ztunnelSets = readVectors<unknown, ZtunnelSet>('ztunnel.jsonl').sets;

export function compileSet({ mesh, workload, policies }: ZtunnelSet): ZtunnelPolicies {
  const of = (kind: string) => policies.filter((policy) => policy.kind === kind);
  const input: AmbientInput = {
    policies: of('AuthorizationPolicy').map((policy) => toResource(authorizationPolicy, policy)),
    peerAuthentications: of('PeerAuthentication').map((policy) => toResource(peerAuthentication, policy)),
    rootNamespace: mesh.rootNamespace ?? 'istio-system',
    trustDomain: mesh.trustDomain ?? 'cluster.local',
    trustDomainAliases: mesh.trustDomainAliases ?? [],
  };
  return compileZtunnel({ ...input, workload });
}

/** New inbound connections at the destination's ztunnel. */
export function replayZtunnels(): readonly Replayed[] {
  return ztunnelSets.flatMap((set) => {
    const compiled = compileSet(set);
    return set.vectors.map(({ id, request, expected }) => {
      const {
        sourcePrincipal: peer,
        sourceIP: sourceIp,
        port,
        destinationIP: destinationIp = set.workload.podIP,
      } = request;
      return {
        id,
        expected,
        got: decideZtunnel(compiled, { peer, sourceIp, port, destinationIp, transport: 'TCP' }).outcome,
      };
    });
  });
}
