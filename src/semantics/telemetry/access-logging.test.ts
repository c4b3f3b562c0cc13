import { expect, test } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { Enforcement } from '../enforcement.ts';
import { accessLogging } from './access-logging.ts';

const base = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: app, image: web }] } } }
`;
const meshConfig = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "accessLogFile: /dev/stdout" }
`;
const telemetry = (namespace: string, name: string, spec: string) => `
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
const on = '{ accessLogging: [{ providers: [{ name: envoy }] }] }';
const off = '{ accessLogging: [{ disabled: true }] }';

function loggingOf(yaml: string) {
  const { mesh, workload } = meshOf(base + yaml);
  return accessLogging(new Enforcement(mesh))(workload('shop/web'));
}

test('accessLogFile of the mesh config, off by default', () => {
  expect(loggingOf('')).toMatchObject({ logs: false, from: 'default' });
  expect(loggingOf(meshConfig)).toMatchObject({ logs: true, from: 'mesh-config' });
});

test('Telemetry of the root namespace, of the namespace and for the workload add up', () => {
  const root = telemetry('istio-system', 'mesh', on);
  expect(loggingOf(root)).toMatchObject({ logs: true, why: 'Telemetry istio-system/mesh' });
  expect(loggingOf(root + telemetry('shop', 'all', off))).toMatchObject({ logs: false, why: 'Telemetry shop/all' });
  const forWeb = telemetry(
    'shop',
    'web',
    '{ selector: { matchLabels: { app: web } }, accessLogging: [{ providers: [{ name: otel }] }] }',
  );
  expect(loggingOf(root + telemetry('shop', 'all', off) + forWeb)).toMatchObject({
    logs: true,
    why: 'Telemetry shop/web',
  });
  const forApi = telemetry(
    'shop',
    'api',
    '{ selector: { matchLabels: { app: api } }, accessLogging: [{ disabled: true }] }',
  );
  expect(loggingOf(root + forApi).logs).toBe(true);
});

test('Telemetry that speaks of access logs takes the place of accessLogFile, other Telemetry does not', () => {
  expect(loggingOf(meshConfig + telemetry('shop', 'all', off)).logs).toBe(false);
  expect(
    loggingOf(meshConfig + telemetry('shop', 'all', '{ tracing: [{ disableSpanReporting: true }] }')),
  ).toMatchObject({ logs: true, from: 'mesh-config' });
});

test('logs of what a workload sends are not logs of what it receives', () => {
  expect(
    loggingOf(
      telemetry('shop', 'all', '{ accessLogging: [{ match: { mode: CLIENT }, providers: [{ name: envoy }] }] }'),
    ).logs,
  ).toBe(false);
});

test('ztunnel logs connections; outside the mesh nobody does', () => {
  const ambient = meshOf(base.replace('istio-injection: enabled', 'istio.io/dataplane-mode: ambient'));
  expect(accessLogging(new Enforcement(ambient.mesh))(ambient.workload('shop/web'))).toMatchObject({
    logs: true,
    from: 'data-plane',
  });
  const outside = meshOf(base.replace('istio-injection: enabled', 'team: a') + meshConfig);
  expect(accessLogging(new Enforcement(outside.mesh))(outside.workload('shop/web')).logs).toBe(false);
});
