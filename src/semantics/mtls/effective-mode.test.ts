import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import { type PeerAuthentication, peerAuthentication } from '../../model/istio/peer-authentication.ts';
import { PolicyIndex } from '../policy-index.ts';
import { APPLIED_TOGETHER, type EffectiveModes, effectiveModes, modeOfPort } from './effective-mode.ts';

const SELECTOR = { matchLabels: { app: 'web' } };

interface Written {
  readonly mode?: string;
  readonly selector?: unknown;
  readonly ports?: Readonly<Record<string, { readonly mode?: string }>>;
  readonly at?: string;
}

function pa(id: string, { mode, selector, ports, at }: Written = {}): PeerAuthentication {
  const [namespace = '', name = ''] = id.split('/');
  return toResource(peerAuthentication, {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace, ...(at ? { creationTimestamp: at } : {}) },
    spec: {
      ...(selector ? { selector } : {}),
      ...(mode ? { mtls: { mode } } : {}),
      ...(ports ? { portLevelMtls: ports } : {}),
    },
  });
}

const modesOf = (policies: readonly PeerAuthentication[], namespace = 'foo'): EffectiveModes =>
  effectiveModes(new PolicyIndex(policies), { cluster: '', namespace, labels: { app: 'web', v: '1' } }, 'istio-system');

/** `mode level name`, and the field that says so. */
const told = (modes: EffectiveModes, port = 1): readonly unknown[] => {
  const { mode, level, by } = modeOfPort(modes, port);
  return [mode, level, by?.name, by?.clause];
};

describe('the levels of PeerAuthentication', () => {
  it('default to PERMISSIVE', () => {
    expect(modesOf([])).toEqual({
      workload: { mode: 'PERMISSIVE', by: null, level: 'default' },
      ports: new Map(),
      assumes: [],
    });
  });

  it('go from the mesh over the namespace to the workload, and UNSET inherits', () => {
    const mesh = pa('istio-system/mesh', { mode: 'STRICT' });
    const namespace = pa('foo/ns', { mode: 'DISABLE' });
    const own = pa('foo/own', { mode: 'PERMISSIVE', selector: SELECTOR });
    expect(told(modesOf([mesh]))).toEqual(['STRICT', 'mesh', 'mesh', 'mtls.mode']);
    expect(told(modesOf([own, namespace, mesh]))).toEqual(['PERMISSIVE', 'workload', 'own', 'mtls.mode']);
    expect(told(modesOf([namespace, mesh]))).toEqual(['DISABLE', 'namespace', 'ns', 'mtls.mode']);
    expect(told(modesOf([mesh, pa('foo/ns', { mode: 'UNSET' }), pa('foo/own', { selector: SELECTOR })]))).toEqual([
      'STRICT',
      'mesh',
      'mesh',
      'mtls.mode',
    ]);
  });

  it('reach no other namespace and no other workload', () => {
    expect(told(modesOf([pa('bar/ns', { mode: 'STRICT' })]))[1]).toBe('default');
    const other = { matchLabels: { app: 'web', v: '2' } };
    expect(told(modesOf([pa('foo/own', { mode: 'STRICT', selector: other })]))[1]).toBe('default');
  });

  it('know no selector in the root namespace, whose policy is that of the mesh for its own workloads too', () => {
    expect(told(modesOf([pa('istio-system/a', { mode: 'STRICT', selector: SELECTOR })]))[1]).toBe('default');
    const inRoot = [
      pa('istio-system/a', { mode: 'STRICT', selector: SELECTOR }),
      pa('istio-system/b', { mode: 'DISABLE' }),
    ];
    expect(told(modesOf(inRoot, 'istio-system'))).toEqual(['DISABLE', 'mesh', 'b', 'mtls.mode']);
  });
});

describe('ports', () => {
  it('have a mode of their own, or that of the workload', () => {
    const modes = modesOf([
      pa('foo/ns', { mode: 'STRICT' }),
      pa('foo/own', { selector: SELECTOR, ports: { 80: { mode: 'DISABLE' }, 81: { mode: 'UNSET' }, 82: {} } }),
    ]);
    expect(told(modes, 80)).toEqual(['DISABLE', 'port', 'own', 'portLevelMtls[80]']);
    expect(told(modes, 81)).toEqual(['STRICT', 'namespace', 'ns', 'mtls.mode']);
    expect(told(modes, 82)).toEqual(['STRICT', 'namespace', 'ns', 'mtls.mode']);
    expect(told(modes, 83)).toEqual(['STRICT', 'namespace', 'ns', 'mtls.mode']);
    expect([...modes.ports.keys()]).toEqual([80, 81, 82]);
  });

  it('count in policies with a selector alone', () => {
    const ports = { 80: { mode: 'STRICT' } };
    expect(modesOf([pa('foo/ns', { ports }), pa('istio-system/mesh', { ports })]).ports.size).toBe(0);
  });
});

describe('of several policies of one level', () => {
  it('the oldest wins whole', () => {
    const old = pa('foo/z', { mode: 'STRICT', selector: SELECTOR, at: '2024-01-01T00:00:00Z' });
    const young = pa('foo/a', {
      mode: 'DISABLE',
      selector: SELECTOR,
      ports: { 80: { mode: 'DISABLE' } },
      at: '2024-01-02T00:00:00Z',
    });
    for (const policies of [
      [old, young],
      [young, old],
    ]) {
      expect(told(modesOf(policies), 80)).toEqual(['STRICT', 'workload', 'z', 'mtls.mode']);
      expect(modesOf(policies).assumes).toEqual([]);
    }
  });

  it('the first by name wins where ages are equal or not known, which is said', () => {
    const at = '2024-01-01T00:00:00Z';
    const equal = [pa('foo/b', { mode: 'STRICT', at }), pa('foo/a', { mode: 'DISABLE', at })];
    expect(told(modesOf(equal))[2]).toBe('a');
    expect(modesOf(equal).assumes).toEqual([]);
    const unknown = [pa('foo/b', { mode: 'STRICT' }), pa('foo/a', { mode: 'DISABLE' })];
    for (const policies of [unknown, [...unknown].reverse()]) {
      expect(told(modesOf(policies))[2]).toBe('a');
      expect(modesOf(policies).assumes).toEqual([APPLIED_TOGETHER]);
    }
    const half = [pa('foo/a', { mode: 'STRICT' }), pa('foo/b', { mode: 'DISABLE', at })];
    expect(told(modesOf(half))[2]).toBe('b');
    expect(modesOf(half).assumes).toEqual([APPLIED_TOGETHER]);
  });

  it('one per level does not compete', () => {
    const policies = [pa('istio-system/a'), pa('foo/b'), pa('foo/c', { selector: SELECTOR })];
    expect(modesOf(policies).assumes).toEqual([]);
  });
});
