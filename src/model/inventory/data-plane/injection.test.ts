import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

interface Situation {
  readonly namespace?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: object;
  readonly name?: string;
  /** Further objects. */
  readonly beside?: string;
}

const app = ({ namespace = {}, labels = {}, annotations = {}, spec = {}, name = 'shop', beside = '' }: Situation) => `
{ apiVersion: v1, kind: Namespace, metadata: { name: ${name}, labels: ${JSON.stringify(namespace)} } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${name} }
spec:
  template:
    metadata: { labels: ${JSON.stringify({ app: 'web', ...labels })}, annotations: ${JSON.stringify(annotations)} }
    spec: ${JSON.stringify({ containers: [{ name: 'app', image: 'app:1' }], ...spec })}
${beside}`;

/** The blocks that the chart makes for a revision; `default` has two more. */
function webhooks(revision: string, { tag = '', everywhere = false } = {}): string {
  const value = tag || revision;
  const expression = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
  const absent = (key: string) => ({ key, operator: 'DoesNotExist' });
  const hook = (block: string, namespaceRules: object[], podRules: object[]) => ({
    name: `${block}.sidecar-injector.istio.io`,
    clientConfig: {
      service: { name: revision === 'default' ? 'istiod' : `istiod-${revision}`, namespace: 'istio-system' },
    },
    namespaceSelector: { matchExpressions: namespaceRules },
    objectSelector: { matchExpressions: podRules },
  });
  const inject = 'sidecar.istio.io/inject';
  const hooks = [
    hook(
      'rev.namespace',
      [expression('istio.io/rev', 'In', value), absent('istio-injection')],
      [expression(inject, 'NotIn', 'false')],
    ),
    hook(
      'rev.object',
      [absent('istio.io/rev'), absent('istio-injection')],
      [expression(inject, 'NotIn', 'false'), expression('istio.io/rev', 'In', value)],
    ),
  ];
  const byDefault = [
    hook('namespace', [expression('istio-injection', 'In', 'enabled')], [expression(inject, 'NotIn', 'false')]),
    hook(
      'object',
      [absent('istio-injection'), absent('istio.io/rev')],
      [expression(inject, 'In', 'true'), absent('istio.io/rev')],
    ),
  ];
  const auto = hook(
    'auto',
    [
      absent('istio-injection'),
      absent('istio.io/rev'),
      expression('kubernetes.io/metadata.name', 'NotIn', 'kube-system', 'private'),
    ],
    [absent(inject), absent('istio.io/rev')],
  );
  const labels = { app: 'sidecar-injector', 'istio.io/rev': revision, ...(tag && { 'istio.io/tag': tag }) };
  return `---\n${JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: tag ? `istio-revision-tag-${tag}` : `istio-sidecar-injector-${revision}`, labels },
    webhooks: [...hooks, ...(value === 'default' ? byDefault : []), ...(everywhere ? [auto] : [])],
  })}\n`;
}

const plane = (situation: Situation, complete: string[] = []) => {
  const { mesh } = meshOf(app(situation), { complete });
  const [workload] = mesh.workloads;
  if (!workload) throw new Error('no workload');
  return workload.dataPlane;
};

/** `sidecar:REVISION`, or `none`. */
const outcome = (situation: Situation, complete: string[] = []) => {
  const { kind, revision, status } = plane(situation, complete);
  expect(status).toBe('INFERRED');
  return kind === 'none' ? kind : `${kind}:${revision}`;
};

const ENABLED = { 'istio-injection': 'enabled' };
const DISABLED = { 'istio-injection': 'disabled' };
const R = { 'istio.io/rev': 'canary' };
const Q = { 'istio.io/rev': 'other' };
const TRUE = { 'sidecar.istio.io/inject': 'true' };
const FALSE = { 'sidecar.istio.io/inject': 'false' };

/** Reference §5.1, gate 1, row by row. */
const ROWS: readonly (readonly [namespace: Record<string, string>, pod: Record<string, string>, expected: string])[] = [
  [ENABLED, {}, 'sidecar:default'],
  [ENABLED, TRUE, 'sidecar:default'],
  [ENABLED, FALSE, 'none'],
  [ENABLED, R, 'sidecar:default'],
  [{ ...ENABLED, ...R }, {}, 'sidecar:default'],
  [{ ...ENABLED, ...R }, Q, 'sidecar:default'],
  [DISABLED, {}, 'none'],
  [DISABLED, TRUE, 'none'],
  [DISABLED, { ...TRUE, ...R }, 'none'],
  [{ ...DISABLED, ...R }, TRUE, 'none'],
  [{ 'istio-injection': 'yes' }, TRUE, 'none'],
  [R, {}, 'sidecar:canary'],
  [R, TRUE, 'sidecar:canary'],
  [R, Q, 'sidecar:canary'],
  [R, FALSE, 'none'],
  [{}, R, 'sidecar:canary'],
  [{}, { ...R, ...TRUE }, 'sidecar:canary'],
  [{}, { ...R, ...FALSE }, 'none'],
  [{}, TRUE, 'sidecar:default'],
  [{}, FALSE, 'none'],
  [{}, {}, 'none'],
  [Q, R, 'sidecar:other'],
];

describe('which webhook is called', () => {
  it.each(ROWS)('namespace %j, pod %j: %s, by the chart assumed for what is used', (namespace, labels, expected) => {
    expect(outcome({ namespace, labels })).toBe(expected);
  });

  it.each(ROWS)('namespace %j, pod %j: %s, by the webhooks of the input', (namespace, labels, expected) => {
    const beside = ['default', 'canary', 'other'].map((revision) => webhooks(revision)).join('');
    expect(outcome({ namespace, labels, beside })).toBe(expected);
    expect(plane({ namespace, labels, beside }).assumes).toEqual([]);
  });

  it('names what it assumes of a revision that only labels name', () => {
    expect(plane({ namespace: R }).assumes).toEqual([
      "revision `canary` exists, with the injection webhook of Istio's chart",
    ]);
    expect(plane({ namespace: R, beside: webhooks('default') }).assumes).toHaveLength(1);
  });

  it('knows that a revision without webhook injects nothing where the input is complete', () => {
    expect(outcome({ namespace: R, beside: webhooks('default') }, ['all'])).toBe('none');
    expect(plane({ namespace: R, beside: webhooks('default') }, ['all']).why).toContain(
      'revision `canary` has no injection webhook',
    );
    expect(outcome({ namespace: ENABLED, beside: webhooks('canary') }, ['all'])).toBe('none');
    expect(outcome({ namespace: ENABLED, beside: webhooks('default') }, ['all'])).toBe('sidecar:default');
  });

  it('follows a tag to its revision', () => {
    const beside = webhooks('1-31-0', { tag: 'prod' });
    expect(outcome({ namespace: { 'istio.io/rev': 'prod' }, beside }, ['all'])).toBe('sidecar:1-31-0');
    expect(outcome({ namespace: ENABLED, beside: webhooks('1-31-0', { tag: 'default' }) }, ['all'])).toBe(
      'sidecar:1-31-0',
    );
  });

  it('evaluates selectors that are not those of the chart', () => {
    const narrow = webhooks('default').replaceAll(
      '"key":"istio-injection","operator":"In","values":["enabled"]',
      '"key":"mesh","operator":"Exists","values":[]',
    );
    expect(outcome({ namespace: { mesh: 'on' }, beside: narrow })).toBe('sidecar:default');
    const denied = plane({ namespace: ENABLED, beside: narrow });
    expect(denied.kind).toBe('none');
    expect(denied.why).toContain('the selectors of the injection webhook of revision `default` do not take its pods');
    expect(denied.by).toMatchObject({ kind: 'MutatingWebhookConfiguration', name: 'istio-sidecar-injector-default' });
  });

  it('injects everywhere with enableNamespacesByDefault, but where a pod or namespace says otherwise', () => {
    const beside = webhooks('default', { everywhere: true });
    expect(outcome({ beside })).toBe('sidecar:default');
    expect(plane({ beside }).by).toMatchObject({ kind: 'MutatingWebhookConfiguration' });
    expect(outcome({ beside, labels: FALSE })).toBe('none');
    expect(outcome({ beside, name: 'private' })).toBe('none');
  });

  it('does not take other mutating webhooks for injectors', () => {
    const other = webhooks('default', { everywhere: true }).replaceAll(
      'sidecar-injector.istio.io',
      'mutate.example.com',
    );
    expect(outcome({ beside: other })).toBe('none');
  });
});

describe('what the injector leaves alone', () => {
  const injector = (config: string) => `---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-sidecar-injector, namespace: istio-system }
data:
  config: |
${config.replace(/^/gm, '    ')}
    templates:
      sidecar: |
        {{- if broken yaml
`;

  it('leaves host-network pods and system namespaces alone', () => {
    const onHost = plane({ namespace: ENABLED, labels: TRUE, spec: { hostNetwork: true } });
    expect(onHost).toMatchObject({ kind: 'none', status: 'INFERRED', by: { kind: 'Deployment', name: 'web' } });
    expect(onHost.why).toContain('host network');
    for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']) {
      expect(outcome({ namespace: ENABLED, labels: TRUE, name })).toBe('none');
    }
  });

  it.each([
    [{}, { 'sidecar.istio.io/inject': 'false' }, 'none'],
    [{}, { 'sidecar.istio.io/inject': 'true' }, 'sidecar:default'],
    [TRUE, { 'sidecar.istio.io/inject': 'false' }, 'sidecar:default'],
    [{ 'sidecar.istio.io/inject': 'no' }, {}, 'none'],
    [{ 'sidecar.istio.io/inject': 'YES' }, {}, 'sidecar:default'],
    [{ 'sidecar.istio.io/inject': '' }, { 'sidecar.istio.io/inject': 'false' }, 'sidecar:default'],
  ])('label %j before annotation %j: %s', (labels, annotations, expected) => {
    expect(outcome({ namespace: ENABLED, labels, annotations })).toBe(expected);
  });

  it('lets no annotation pull a pod in', () => {
    expect(outcome({ annotations: TRUE })).toBe('none');
  });

  it("follows the injector's policy and selectors", () => {
    const off = injector('policy: disabled');
    expect(outcome({ namespace: ENABLED, beside: off })).toBe('none');
    expect(outcome({ namespace: ENABLED, labels: TRUE, beside: off })).toBe('sidecar:default');
    const selectors = injector(
      'policy: disabled\nneverInjectSelector: [{ matchLabels: { job: never } }, {}]\nalwaysInjectSelector: [{ matchExpressions: [{ key: mesh, operator: Exists }] }]',
    );
    expect(outcome({ namespace: ENABLED, labels: { mesh: 'x' }, beside: selectors })).toBe('sidecar:default');
    expect(outcome({ namespace: ENABLED, labels: { mesh: 'x', job: 'never' }, beside: selectors })).toBe('none');
    expect(outcome({ namespace: ENABLED, labels: { ...TRUE, job: 'never' }, beside: selectors })).toBe(
      'sidecar:default',
    );
  });
});

describe('settings of the injector that cannot be read', () => {
  it.each(['policy: [', 'a: &a [x]\npolicy: disabled', ''])('count as the defaults: %j', (config) => {
    const data = { config, values: '{ not json' };
    const metadata = { name: 'istio-sidecar-injector', namespace: 'istio-system' };
    const beside = `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })}\n`;
    expect(outcome({ namespace: ENABLED, beside })).toBe('sidecar:default');
  });
});

describe('who decided', () => {
  it('points at the label', () => {
    const byNamespace = plane({ namespace: ENABLED }).by;
    expect(byNamespace).toMatchObject({ kind: 'Namespace', name: 'shop', location: { file: 'mesh.yaml', line: 2 } });
    const byPod = plane({ namespace: ENABLED, labels: FALSE }).by;
    expect(byPod).toMatchObject({ kind: 'Deployment', name: 'web', location: { line: 9 } });
    const byAnnotation = plane({ namespace: ENABLED, annotations: FALSE }).by;
    expect(byAnnotation).toMatchObject({ kind: 'Deployment', location: { line: 9 } });
  });

  it('points at the namespace that nobody enrolled', () => {
    const { why, by } = plane({});
    expect(why).toBe('neither namespace `shop` nor its pods ask for the mesh');
    expect(by).toMatchObject({ kind: 'Namespace', name: 'shop' });
  });
});
