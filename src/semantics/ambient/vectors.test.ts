import { describe, expect, it } from 'vitest';
import { conversions, convertRecorded } from '../../../test/replay/ambient-conversion.ts';
import { compileSet, ztunnelSets } from '../../../test/replay/ztunnel.ts';
import type { Connection } from '../attempt.ts';
import type { ZtunnelPolicies } from './compile.ts';
import { decideZtunnel } from './decide.ts';

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
    expect(ztunnelSets.length).toBe(550);
    expect(ztunnelSets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(3865);
  });

  it.each(ztunnelSets.map((set) => [set.set, set] as const))('%s', (_name, set) => {
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

  it.each(ztunnelSets.map((set) => [set.set, set] as const))('%s: names what the workload looks up', (_name, set) => {
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

describe('what istiod sends to ztunnel', () => {
  it('holds the whole recording', () => {
    expect(conversions.length).toBe(33);
  });

  it.each(conversions.map((recorded) => [recorded.id, recorded] as const))('%s', (_name, recorded) => {
    expect(convertRecorded(recorded)).toEqual(recorded.ztunnelAuthorization);
  });
});
