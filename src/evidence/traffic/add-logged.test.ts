import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import { meshText, namespace, policy, runningPod, selecting, workload } from '../../../test/small-mesh.ts';
import { type Logged, logLine } from '../../../test/telemetry.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import type { PortEvidence } from '../evidence.ts';
import { readEvidence } from '../read-evidence.ts';

const MESH = meshText([
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'orders', { ports: { http: 8080 } }),
  runningPod('web', '10.0.0.2'),
  runningPod('orders', '10.0.0.1'),
  policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } }),
  policy('AuthorizationPolicy', 'shop', 'orders', {
    ...selecting('orders'),
    rules: [
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
        to: [{ operation: { paths: ['/a'] } }],
      },
    ],
  }),
]);
const line = (logged: Partial<Logged>): string =>
  logLine({ from: '10.0.0.2', to: '10.0.0.1', sni: 'orders.shop', day: '2026-11-20', ...logged });
const PASSED = line({ path: '/a' });
const REFUSED = line({ path: '/b', code: 403, details: 'rbac_access_denied_matched_policy[none]' });
const PLAINTEXT =
  '[2026-11-20T10:00:00.000Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - 10.0.0.1:8080 10.0.0.9:40000 - -';

function portOf(lines: readonly string[], now?: string): PortEvidence | undefined {
  const enforcement = new Enforcement(meshOf(MESH).mesh);
  const { all, drifts } = readEvidence(
    enforcement,
    observationsOf({ 'a.log': lines.join('\n') }),
    now === undefined ? undefined : new Date(now),
  );
  expect(drifts).toEqual([]);
  return all.find(({ workload: { id } }) => id === 'shop/orders')?.ports.get(8080);
}

describe('access logs as evidence', () => {
  it('a request that passed and one that a policy refused, both as configured, exercise the port both ways', () => {
    expect(portOf([PASSED, REFUSED])?.authorization).toEqual({
      state: 'verified',
      why: 'exercised both ways in access logs: 1 allowed, 1 denied',
      exercised: true,
    });
  });

  it('one way proves nothing, nor does what the application refused', () => {
    expect(portOf([PASSED])?.authorization.state).toBe('open');
    expect(portOf([PASSED, line({ path: '/b', code: 403 })])?.authorization.state).toBe('open');
  });

  it('a connection that no filter chain took shows mutual TLS, beside one with an identity that passed', () => {
    const port = portOf([PASSED, PLAINTEXT]);
    expect(port?.mtls.state).toBe('verified');
    expect(port?.authorization.state).toBe('open');
  });

  it('what differs contradicts nothing: the line shows neither headers nor token', () => {
    expect(portOf([line({ path: '/b' }), REFUSED])?.authorization.state).toBe('open');
  });

  it('is forgotten after a week', () => {
    expect(portOf([PASSED, REFUSED], '2026-11-26')?.authorization.state).toBe('verified');
    expect(portOf([PASSED, REFUSED], '2026-11-29')).toBeUndefined();
  });
});
