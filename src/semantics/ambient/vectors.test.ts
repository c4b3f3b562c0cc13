import { describe, expect, it } from 'vitest';
import { type Manifest, readVectors, toResource } from '../../../test/read-vectors.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { authorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { peerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { Connection } from '../attempt.ts';
import type { Match, StringMatch } from './authorization.ts';
import { type AmbientInput, compileZtunnel, type ZtunnelPolicies } from './compile.ts';
import { convertAuthorizationPolicy } from './convert-policy.ts';
import { decideZtunnel } from './decide.ts';

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

interface RecordedSet {
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

const { sets } = readVectors<unknown, RecordedSet>('ztunnel.jsonl');

function compileSet({ mesh, workload, policies }: RecordedSet): ZtunnelPolicies {
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

/** The DENY policies that match, as ztunnel names them. */
function denials(compiled: ZtunnelPolicies, connection: Connection): readonly string[] {
  const all = [...compiled.deny, ...compiled.transport.variants.flatMap(({ authorizations }) => authorizations)];
  const none = { ...compiled.transport, variants: [], late: [] };
  const matching = all.filter(
    (policy) =>
      decideZtunnel({ ...compiled, deny: [policy], allow: [], transport: none }, connection).outcome === 'deny',
  );
  return matching.map(({ namespace, name }) => `${namespace}/${name}`);
}

describe('real ztunnel behind istiod', () => {
  it('holds the whole recording', () => {
    expect(sets.length).toBe(550);
    expect(sets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(3865);
  });

  it.each(sets.map((set) => [set.set, set] as const))('%s', (_name, set) => {
    const compiled = compileSet(set);
    for (const { id, request, expected, denyBy, by } of set.vectors) {
      const {
        sourcePrincipal: peer,
        sourceIP: sourceIp,
        port,
        destinationIP: destinationIp = set.workload.podIP,
      } = request;
      const decision = decideZtunnel(compiled, { peer, sourceIp, port, destinationIp, transport: 'TCP' });
      expect(decision.outcome, id).toBe(expected);
      expect(decision.requires, id).toEqual([]);
      expect(decision.steps.at(-1)?.outcome, id).toBe(expected === 'allow' ? 'pass' : 'stop');
      if (denyBy) expect(decision.steps.at(-1)?.stage === 'transport' ? 'connection' : 'rbac', id).toBe(denyBy);
      // Of several DENY policies that match, ztunnel names any.
      if (by) expect(denials(compiled, { peer, sourceIp, port, destinationIp, transport: 'TCP' }), id).toContain(by);
    }
  });

  it.each(sets.map((set) => [set.set, set] as const))('%s: names what the workload looks up', (_name, set) => {
    const { transport, allow, deny } = compileSet(set);
    expect(transport.variants).toHaveLength(1);
    const [variant] = transport.variants;
    const selecting = [...allow, ...deny].filter(({ scope }) => scope === 'WORKLOAD_SELECTOR');
    const sent = [...selecting, ...(variant?.authorizations ?? [])].map(
      ({ namespace, name }) => `${namespace}/${name}`,
    );
    const { refs = [], missing = [] } = set.xds;
    expect([...sent].sort()).toEqual(refs.filter((ref) => !missing.includes(ref)).sort());
    expect(variant?.neverSent).toBe(missing.length > 0);
  });
});

interface RecordedConversion {
  readonly id: string;
  readonly policy: Manifest;
  readonly ztunnelAuthorization: unknown;
}

const conversions = readVectors<unknown, RecordedConversion>('ambient.jsonl').sets;

describe('what istiod sends to ztunnel', () => {
  it('holds the whole recording', () => {
    expect(conversions.length).toBe(33);
  });

  it.each(conversions.map((recorded) => [recorded.id, recorded] as const))(
    '%s',
    (_name, { policy, ztunnelAuthorization }) => {
      const converted = convertAuthorizationPolicy(toResource(authorizationPolicy, policy), {
        rootNamespace: 'istio-system',
        trustDomains: 'dropped',
      });
      const { name, namespace, scope, action, groups } = converted ?? {};
      const wire = converted && {
        name,
        namespace,
        scope,
        ...(action === 'DENY' ? { action } : {}),
        ...(groups?.length
          ? {
              groups: groups.map(({ clauses }) => ({
                rules: clauses.map(({ matches }) => ({ matches: matches.map(toWire) })),
              })),
            }
          : {}),
      };
      expect(wire).toEqual(ztunnelAuthorization);
    },
  );
});

/** The JSON form of the protocol. */
function toWire(match: Match): unknown {
  const address = ({ text }: { text: string }) => {
    const [ip = '', bits = '32'] = text.split('/');
    return { address: Buffer.from(ip.split('.').map(Number)).toString('base64'), length: Number(bits) };
  };
  const string = (value: StringMatch) => ('presence' in value ? { presence: {} } : value);
  return Object.fromEntries(
    Object.entries(match).map(([field, values]) => {
      if (/ips$/i.test(field)) return [field, values.map(address)];
      return [field, /principals$|namespaces$/i.test(field) ? values.map(string) : values];
    }),
  );
}
