import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { portReach } from '../../graph/reach/port-reach.ts';
import type { Request } from '../../result/request.ts';
import { decideRequest } from '../decide-request.ts';
import { Enforcement } from '../enforcement.ts';

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const route = (prefix: string, host: string): Manifest => ({
  match: [{ uri: { prefix } }],
  route: [{ destination: { host } }],
});
const diverting = (http: readonly Manifest[], name = 'v'): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'shop' },
  spec: { hosts: ['api'], http },
});

/** Only who comes from the waypoint of shop gets to web. */
const BY_WAYPOINT = policy('AuthorizationPolicy', 'back', 'w', {
  ...selecting('web'),
  rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/way'] } }] }],
});

function meshWith(objects: readonly Manifest[]): Enforcement {
  const waypoint = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'way', namespace: 'shop' },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
  };
  const text = meshText([
    namespace('shop', { ...AMBIENT, 'istio.io/use-waypoint': 'way' }),
    namespace('back', AMBIENT),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    ...workload('back', 'web', { ports: { http: 8080 } }),
    ...workload('back', 'client'),
    waypoint,
    BY_WAYPOINT,
    ...objects,
  ]);
  return new Enforcement(meshOf(text).mesh);
}

function ask(enforcement: Enforcement, path: string, from: Request['from'] = { workload: 'back/client' }): string {
  const verdict = decideRequest(enforcement, {
    from,
    to: { service: 'shop/api', port: 80 },
    http: { method: 'GET', path },
  });
  if ('error' in verdict) throw new Error(verdict.error);
  return `${verdict.outcome} ${verdict.point} ${verdict.reason}`;
}

describe('routes of VirtualServices at a waypoint', () => {
  const web = 'web.back.svc.cluster.local';
  const objects = [diverting([route('/web', web), route('/own', 'api')])];

  it('divert requests to another service, which sees the waypoint', () => {
    expect(ask(meshWith(objects), '/web/a')).toMatch(/^allow/);
    const others = policy('AuthorizationPolicy', 'back', 'd', {
      ...selecting('web'),
      action: 'DENY',
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/way'] } }] }],
    });
    expect(ask(meshWith([...objects, others]), '/web/a')).toMatch(/^deny/);
  });

  it('leave what none of them takes without a route', () => {
    expect(ask(meshWith(objects), '/own')).toMatch(/^allow/);
    expect(ask(meshWith(objects), '/none')).toBe('deny waypoint no route for `shop/api` takes GET /none');
    expect(ask(meshWith([]), '/none')).toMatch(/^allow/);
  });

  it('are no matter to whom no ztunnel leads there', () => {
    const sidecar = meshWith([
      ...objects,
      namespace('side', { 'istio-injection': 'enabled' }),
      ...workload('side', 'client'),
    ]);
    expect(ask(sidecar, '/none', { workload: 'side/client', as: 'attacker' })).toMatch(/^allow/);
  });

  it('say which objects of unknown age compete', () => {
    const competing = meshWith([...objects, diverting([route('/web', 'api')], 'w')]);
    const verdict = decideRequest(competing, {
      from: { workload: 'back/client' },
      to: { service: 'shop/api', port: 80 },
      http: { method: 'GET', path: '/web' },
    });
    expect('assumes' in verdict ? verdict.assumes.join() : '').toMatch(/applied/);
  });

  it('are ways to the other service, with a witness that takes the route', () => {
    const enforcement = meshWith(objects);
    const find = (id: string) => {
      const found = enforcement.mesh.workloads.find((each) => each.id === id);
      const port = found?.ports[0];
      if (!found || !port) throw new Error(`no ${id}`);
      return portReach(enforcement, found, port).map(({ through, witness, verdict }) => {
        const path = 'http' in witness ? witness.http?.path : undefined;
        return `${through ?? 'direct'} ${path ?? 'bytes'} ${verdict.outcome}`;
      });
    };
    const [through] = find('back/web').filter((way) => way.startsWith('shop/api:80'));
    expect(through).toMatch(/^shop\/api:80 \/web\S* allow$/);
    expect(find('shop/api').filter((way) => way.startsWith('shop/api:80'))[0]).toMatch(/ \/own\S* allow$/);
    const before = meshWith([]);
    const plain = before.mesh.workloads.find(({ id }) => id === 'back/web');
    const port = plain?.ports[0];
    expect(plain && port && portReach(before, plain, port).filter((way) => way.through !== undefined)).toEqual([]);
  });
});
