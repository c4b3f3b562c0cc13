import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { type PeerAuthentication, peerAuthentication } from '../../model/istio/peer-authentication.ts';
import {
  type AmbientWorkload,
  compileForWorkload,
  compileZtunnel,
  indexAmbient,
  type ZtunnelPolicies,
} from './compile.ts';
import { decideZtunnel } from './decide.ts';
import { documentedMode, effectiveZtunnelMode } from './effective-mode.ts';
import { findAnomalies } from './find-anomalies.ts';

const ROOT = 'istio-system';
const workload: AmbientWorkload = { namespace: 'foo', labels: { app: 'web' } };
const SELECTOR = { matchLabels: { app: 'web' } };

type Spec = {
  readonly mode?: string;
  readonly selector?: unknown;
  readonly ports?: Readonly<Record<string, string>>;
  readonly at?: string;
};

function pa(id: string, { mode, selector, ports, at }: Spec): PeerAuthentication {
  const [namespace = '', name = ''] = id.split('/');
  return toResource(peerAuthentication, {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace, ...(at ? { creationTimestamp: at } : {}) },
    spec: {
      ...(selector ? { selector } : {}),
      ...(mode ? { mtls: { mode } } : {}),
      ...(ports
        ? { portLevelMtls: Object.fromEntries(Object.entries(ports).map(([port, value]) => [port, { mode: value }])) }
        : {}),
    },
  });
}

const compile = (peerAuthentications: readonly PeerAuthentication[], of = workload): ZtunnelPolicies =>
  compileZtunnel({ policies: [], peerAuthentications, rootNamespace: ROOT, workload: of });

const plaintext = (compiled: ZtunnelPolicies, port: number) =>
  decideZtunnel(compiled, { peer: null, port, transport: 'TCP' });
const idsOf = (compiled: ZtunnelPolicies): readonly string[] =>
  findAnomalies(compiled).map(({ id, effect, port }) => `${id} ${effect} ${port ?? 'other'}`);

const MODES = [undefined, 'UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'] as const;

describe('effectiveZtunnelMode', () => {
  it('differs from the documentation in exactly the twelve known combinations of levels', () => {
    const different: string[] = [];
    let combinations = 0;
    for (const mesh of MODES) {
      for (const namespace of MODES) {
        for (const own of MODES.slice(1)) {
          for (const port of MODES.slice(1)) {
            combinations++;
            const compiled = compile([
              ...(mesh ? [pa(`${ROOT}/mesh`, { mode: mesh })] : []),
              ...(namespace ? [pa('foo/ns', { mode: namespace })] : []),
              pa('foo/wl', { ...(own ? { mode: own } : {}), selector: SELECTOR, ports: { 8080: port ?? '' } }),
            ]);
            const [at, other] = [8080, 9000].map((number) => effectiveZtunnelMode(compiled, number));
            if (at?.documentedDiffers || other?.documentedDiffers)
              different.push([mesh ?? 'none', namespace ?? 'none', own, port, '→', at?.mode, other?.mode].join(' '));
          }
        }
      }
    }
    expect(combinations).toBe(400);
    expect(different.sort()).toEqual(
      [
        'STRICT UNSET UNSET PERMISSIVE → PERMISSIVE PERMISSIVE',
        ...['none', 'UNSET'].flatMap((namespace) =>
          ['PERMISSIVE', 'DISABLE'].map((own) => `STRICT ${namespace} ${own} STRICT → PERMISSIVE PERMISSIVE`),
        ),
        ...['none', 'UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'].map(
          (mesh) => `${mesh} STRICT UNSET DISABLE → STRICT STRICT`,
        ),
        ...['none', 'UNSET'].map((namespace) => `STRICT ${namespace} UNSET DISABLE → STRICT STRICT`),
      ].sort(),
    );
  });

  it('is PERMISSIVE by nothing where nothing is set', () => {
    expect(effectiveZtunnelMode(compile([]), 80)).toEqual({ mode: 'PERMISSIVE', by: null, assumes: [] });
  });

  it('names the policy and the field that set the mode', () => {
    const compiled = compile([
      pa(`${ROOT}/mesh`, { mode: 'PERMISSIVE' }),
      pa('foo/ns', { mode: 'STRICT' }),
      pa('foo/wl', { selector: SELECTOR, ports: { 8080: 'PERMISSIVE' } }),
    ]);
    expect(effectiveZtunnelMode(compiled, 9000)).toMatchObject({
      mode: 'STRICT',
      by: { kind: 'PeerAuthentication', name: 'ns' },
    });
    expect(effectiveZtunnelMode(compiled, 8080)).toMatchObject({ mode: 'PERMISSIVE', by: { name: 'wl' } });
    expect(plaintext(compiled, 9000)).toMatchObject({ outcome: 'deny' });
    expect(plaintext(compiled, 8080)).toMatchObject({ outcome: 'allow' });
  });

  it('names the anomalies', () => {
    const mesh = pa(`${ROOT}/mesh`, { mode: 'STRICT' });
    expect(
      idsOf(compile([mesh, pa('foo/wl', { mode: 'PERMISSIVE', selector: SELECTOR, ports: { 8080: 'STRICT' } })])),
    ).toContain('port-policy-never-sent opens 8080');
    expect(idsOf(compile([mesh, pa('foo/wl', { selector: SELECTOR, ports: { 8080: 'DISABLE' } })]))).toContain(
      'disable-not-honoured closes 8080',
    );
    expect(idsOf(compile([pa(`${ROOT}/mesh`, { mode: 'STRICT', selector: {} })]))).toEqual([
      'empty-selector-not-mesh-wide opens other',
    ]);
    expect(idsOf(compile([mesh]))).toEqual([]);
  });

  it('takes a mesh policy with an empty selector for workloads of the root namespace alone', () => {
    const policies = [pa(`${ROOT}/mesh`, { mode: 'STRICT', selector: {} })];
    expect(effectiveZtunnelMode(compile(policies), 80).mode).toBe('PERMISSIVE');
    expect(effectiveZtunnelMode(compile(policies, { namespace: ROOT, labels: {} }), 80).mode).toBe('STRICT');
  });
});

describe('policies that compete by age', () => {
  const permissive = (at?: string) => pa('foo/a', { mode: 'PERMISSIVE', ...(at ? { at } : {}) });
  const strict = (at?: string) => pa('foo/b', { mode: 'STRICT', ...(at ? { at } : {}) });

  it('are undecided where ages are missing or equal', () => {
    for (const at of [undefined, '2026-01-01T00:00:00Z']) {
      const compiled = compile([permissive(at), strict(at)]);
      expect(plaintext(compiled, 80)).toMatchObject({ outcome: 'unknown', by: { name: 'b' } });
      expect(effectiveZtunnelMode(compiled, 80)).toMatchObject({ mode: 'PERMISSIVE', competing: ['foo/a', 'foo/b'] });
      expect(idsOf(compiled)).toEqual(['competing-by-age none other']);
      const mtls = decideZtunnel(compiled, {
        peer: 'cluster.local/ns/a/sa/b' as Principal,
        port: 80,
        transport: 'TCP',
      });
      expect(mtls.outcome).toBe('allow');
    }
  });

  it('are settled by a known age', () => {
    expect(plaintext(compile([permissive('2026-01-02T00:00:00Z'), strict('2026-01-01T00:00:00Z')]), 80).outcome).toBe(
      'deny',
    );
    expect(plaintext(compile([permissive('2026-01-01T00:00:00Z'), strict('2026-01-02T00:00:00Z')]), 80).outcome).toBe(
      'allow',
    );
    expect(plaintext(compile([permissive('2026-01-01T00:00:00Z'), strict()]), 80).outcome).toBe('unknown');
  });

  it('do not matter where all of them say the same', () => {
    const compiled = compile([pa('foo/a', { mode: 'STRICT' }), strict()]);
    expect(plaintext(compiled, 80)).toMatchObject({ outcome: 'deny', by: { name: 'a' } });
    expect(compiled.transport.competing).toEqual([]);
  });
});

describe('a parent that reaches istiod after the workload policy', () => {
  it('leaves every port open where it says STRICT and the workload has a PERMISSIVE port', () => {
    const compiled = compile([
      pa('foo/ns', { mode: 'STRICT' }),
      pa('foo/wl', { mode: 'UNSET', selector: SELECTOR, ports: { 8080: 'PERMISSIVE' } }),
    ]);
    expect(plaintext(compiled, 9000)).toMatchObject({
      outcome: 'deny',
      assumes: [expect.stringContaining('applied together')],
    });
    expect(plaintext(compiled, 8080)).toMatchObject({ outcome: 'allow', assumes: [] });
    expect(idsOf(compiled)).toContain('order-of-arrival opens other');
  });

  it('leaves a STRICT port open where a namespace PERMISSIVE came over a mesh STRICT', () => {
    const compiled = compile([
      pa(`${ROOT}/mesh`, { mode: 'STRICT' }),
      pa('foo/ns', { mode: 'PERMISSIVE' }),
      pa('foo/wl', { selector: SELECTOR, ports: { 8080: 'STRICT' } }),
    ]);
    expect(plaintext(compiled, 8080)).toMatchObject({
      outcome: 'deny',
      assumes: [expect.stringContaining('applied together')],
    });
    expect(plaintext(compiled, 9000)).toMatchObject({ outcome: 'allow', assumes: [] });
  });

  it('makes no difference without port entries', () => {
    const compiled = compile([pa('foo/ns', { mode: 'STRICT' }), pa('foo/wl', { mode: 'UNSET', selector: SELECTOR })]);
    expect(plaintext(compiled, 9000)).toMatchObject({ outcome: 'deny', assumes: [] });
    expect(compiled.transport.late).toEqual([]);
  });
});

it('documents equal ages by name, as sidecars do', () => {
  const compiled = compile([pa('foo/b', { mode: 'PERMISSIVE' }), pa('foo/a', { mode: 'STRICT' })]);
  expect(documentedMode(compiled.transport, 80)).toBe('STRICT');
});

it('workloads that only a PeerAuthentication tells apart are not taken for one', () => {
  const index = indexAmbient({
    policies: [],
    peerAuthentications: [pa('foo/wl', { mode: 'STRICT', selector: SELECTOR })],
    rootNamespace: ROOT,
  });
  const modeOf = (app: string) =>
    effectiveZtunnelMode(compileForWorkload(index, { namespace: 'foo', labels: { app } }), 80).mode;
  expect([modeOf('web'), modeOf('other'), modeOf('web')]).toEqual(['STRICT', 'PERMISSIVE', 'STRICT']);
});
