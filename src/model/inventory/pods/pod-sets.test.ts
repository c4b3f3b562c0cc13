import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

interface Written {
  readonly kind: string;
  readonly name: string;
  readonly labels?: object;
  readonly owner?: readonly [kind: string, name: string];
  readonly spec?: object;
  readonly status?: object;
  readonly created?: string;
}

const GROUPS: Readonly<Record<string, string>> = { Pod: 'v1', Job: 'batch/v1', CronJob: 'batch/v1' };

function object({ kind, name, labels = {}, owner, spec = {}, status, created }: Written): string {
  return `---\n${JSON.stringify({
    apiVersion: GROUPS[kind] ?? 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: 'shop',
      labels,
      ...(created && { creationTimestamp: created }),
      ...(owner && { ownerReferences: [{ apiVersion: 'apps/v1', kind: owner[0], name: owner[1], controller: true }] }),
    },
    spec,
    ...(status && { status }),
  })}\n`;
}

const template = (labels: object, serviceAccountName = 'web') => ({
  metadata: { labels },
  spec: { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] },
});
const controller = (kind: string, name: string, labels: object = { app: name }, rest: Partial<Written> = {}) =>
  object({ kind, name, spec: { selector: { matchLabels: labels }, template: template(labels) }, ...rest });
const pod = (name: string, labels: object, owner?: Written['owner'], ip = '10.0.0.1', phase = 'Running') =>
  object({
    kind: 'Pod',
    name,
    labels,
    ...(owner && { owner }),
    spec: { serviceAccountName: 'web', containers: [{ name: 'app', image: 'app:1' }] },
    status: { phase, podIPs: [{ ip }] },
  });

const rows = (text: string) =>
  meshOf(text).mesh.workloads.map(({ kind, id, addresses }) => `${kind} ${id} ${addresses.join(',')}`.trim());

describe('pods of a Deployment', () => {
  const hash = { 'pod-template-hash': '6d4b75cb6d' };
  const labels = { app: 'web', ...hash };
  const replicaSet = controller('ReplicaSet', 'web-6d4b75cb6d', labels, { owner: ['Deployment', 'web'] });
  const pods =
    pod('web-6d4b75cb6d-abcde', labels, ['ReplicaSet', 'web-6d4b75cb6d'], '10.0.0.2') +
    pod('web-6d4b75cb6d-fghij', labels, ['ReplicaSet', 'web-6d4b75cb6d'], '10.0.0.1');

  it('collapse into it, through their ReplicaSet', () => {
    expect(rows(controller('Deployment', 'web') + replicaSet + pods)).toEqual([
      'Deployment shop/web 10.0.0.1,10.0.0.2',
    ]);
    expect(rows(pods + replicaSet + controller('Deployment', 'web'))).toEqual([
      'Deployment shop/web 10.0.0.1,10.0.0.2',
    ]);
  });

  it('find it by name if the ReplicaSet is not in the input', () => {
    expect(rows(controller('Deployment', 'web') + pods)).toEqual(['Deployment shop/web 10.0.0.1,10.0.0.2']);
  });

  it('know its name if it is not in the input either', () => {
    const { workload } = meshOf(pods);
    const { kind, labels: known, addresses, serviceAccount, resource, templatePath } = workload('shop/web');
    expect({ kind, known, addresses, serviceAccount }).toEqual({
      kind: 'Deployment',
      known: { app: 'web' },
      addresses: ['10.0.0.1', '10.0.0.2'],
      serviceAccount: 'web',
    });
    expect([resource.kind, resource.name, templatePath]).toEqual(['Pod', 'web-6d4b75cb6d-abcde', []]);
    expect(rows(replicaSet + pods)).toEqual(['Deployment shop/web 10.0.0.1,10.0.0.2']);
    const unlabelled = pod('web-6d4b75cb6d-abcde', { app: 'web' }, ['ReplicaSet', 'web-6d4b75cb6d']);
    expect(rows(unlabelled)).toEqual(['Deployment shop/web 10.0.0.1']);
  });

  it('take the template of the youngest ReplicaSet', () => {
    const old = controller(
      'ReplicaSet',
      'web-aaaaa',
      { app: 'web', version: 'old' },
      { owner: ['Deployment', 'web'], created: '2026-01-01T00:00:00Z' },
    );
    const young = controller(
      'ReplicaSet',
      'web-bbbbb',
      { app: 'web', version: 'new' },
      { owner: ['Deployment', 'web'], created: '2026-02-01T00:00:00Z' },
    );
    for (const text of [old + young, young + old]) {
      expect(meshOf(text).workload('shop/web').labels).toEqual({ app: 'web', version: 'new' });
    }
  });

  it('give it the labels that admission gave to all of them', () => {
    const injected = { ...labels, 'security.istio.io/tlsMode': 'istio' };
    const running =
      pod('web-6d4b75cb6d-a', { ...injected, canary: 'yes' }, ['ReplicaSet', 'web-6d4b75cb6d']) +
      pod('web-6d4b75cb6d-b', injected, ['ReplicaSet', 'web-6d4b75cb6d']);
    expect(meshOf(controller('Deployment', 'web') + running).workload('shop/web').labels).toEqual({
      app: 'web',
      'security.istio.io/tlsMode': 'istio',
    });
  });
});

describe('pods of other owners', () => {
  it('collapse into a CronJob through their Job', () => {
    const cron = object({
      kind: 'CronJob',
      name: 'report',
      spec: { jobTemplate: { spec: { template: template({ app: 'report' }) } } },
    });
    const job = object({
      kind: 'Job',
      name: 'report-28900140',
      owner: ['CronJob', 'report'],
      spec: { template: template({ app: 'report' }) },
    });
    const running = pod('report-28900140-x', { app: 'report' }, ['Job', 'report-28900140']);
    expect(rows(cron + job + running)).toEqual(['CronJob shop/report 10.0.0.1']);
    expect(rows(cron + running)).toEqual(['CronJob shop/report 10.0.0.1']);
    expect(rows(running)).toEqual(['CronJob shop/report 10.0.0.1']);
    expect(rows(pod('once-x', { app: 'once' }, ['Job', 'once']))).toEqual(['Job shop/once 10.0.0.1']);
  });

  it('collapse into StatefulSets, DaemonSets and controllers that are not modelled', () => {
    const text =
      controller('StatefulSet', 'db') +
      pod('db-0', { app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-0' }, ['StatefulSet', 'db'], '10.0.0.5') +
      controller('DaemonSet', 'agent') +
      pod('agent-x', { app: 'agent' }, ['DaemonSet', 'agent'], '10.0.0.6') +
      pod('kafka-0', { app: 'kafka' }, ['StrimziPodSet', 'kafka'], '10.0.0.7') +
      controller('ReplicaSet', 'roll-5f4dc', { app: 'roll' }, { owner: ['Rollout', 'roll'] });
    expect(rows(text)).toEqual([
      'DaemonSet shop/agent 10.0.0.6',
      'StatefulSet shop/db 10.0.0.5',
      'StrimziPodSet shop/kafka 10.0.0.7',
      'Rollout shop/roll',
    ]);
  });

  it('stay alone if nothing, or a node, owns them', () => {
    const text = pod('tool', { app: 'tool' }) + pod('etcd-node1', { app: 'etcd' }, ['Node', 'node1'], '10.0.0.9');
    expect(rows(text)).toEqual(['Pod shop/etcd-node1 10.0.0.9', 'Pod shop/tool 10.0.0.1']);
  });

  it('are left out when completed', () => {
    expect(rows(pod('done', { app: 'done' }, undefined, '10.0.0.1', 'Succeeded'))).toEqual([]);
    const failed = pod('web-0', { app: 'web' }, ['StatefulSet', 'web'], '10.0.0.1', 'Failed');
    expect(rows(controller('StatefulSet', 'web') + failed)).toEqual(['StatefulSet shop/web']);
  });

  it('do not give addresses of their node', () => {
    const host = object({
      kind: 'Pod',
      name: 'host',
      spec: { hostNetwork: true, containers: [] },
      status: { phase: 'Running', podIP: '192.168.0.1' },
    });
    expect(rows(host)).toEqual(['Pod shop/host']);
  });
});

describe('pods without owner references', () => {
  const web = controller('Deployment', 'web') + controller('Deployment', 'web-api');

  it('belong to the controller that would make them so', () => {
    const text = web + pod('web-v2-0', { app: 'web' }) + pod('web-api-v2-0', { app: 'web-api' }, undefined, '10.0.0.2');
    expect(rows(text)).toEqual(['Deployment shop/web 10.0.0.1', 'Deployment shop/web-api 10.0.0.2']);
  });

  it('stay alone where name, labels or service account differ', () => {
    const other = object({
      kind: 'Pod',
      name: 'web-v2-1',
      labels: { app: 'web' },
      spec: { serviceAccountName: 'admin', containers: [] },
      status: { phase: 'Running' },
    });
    const text = web + pod('shadow', { app: 'web' }) + pod('web-v2-0', { app: 'other' }, undefined, '10.0.0.3') + other;
    expect(rows(text)).toEqual([
      'Pod shop/shadow 10.0.0.1',
      'Deployment shop/web',
      'Deployment shop/web-api',
      'Pod shop/web-v2-0 10.0.0.3',
      'Pod shop/web-v2-1',
    ]);
  });
});

describe('workloads', () => {
  it('of one name and different kinds are told apart', () => {
    const text = controller('StatefulSet', 'web') + controller('Deployment', 'web');
    expect(rows(text)).toEqual(['Deployment shop/web', 'StatefulSet shop/web.statefulset']);
  });

  it('are kept apart by cluster', () => {
    const { mesh } = meshOf({ east: controller('Deployment', 'web'), west: controller('Deployment', 'web') });
    expect(mesh.workloads.map(({ id }) => id)).toEqual(['east:shop/web', 'west:shop/web']);
    expect(mesh.clusters).toEqual(['east', 'west']);
    expect([...mesh.namespaces.keys()]).toEqual(['east:shop', 'west:shop']);
  });

  it('know their containers and where the template stands', () => {
    const spec = {
      template: {
        metadata: { labels: { app: 'x' } },
        spec: {
          securityContext: { runAsUser: 1000 },
          containers: [
            {
              name: 'app',
              image: 'app:1',
              ports: [
                { containerPort: 80, hostPort: 8080 },
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
              ],
            },
            {
              name: 'tool',
              securityContext: { runAsUser: 1337, privileged: true, capabilities: { add: ['NET_ADMIN'] } },
            },
          ],
          initContainers: [{ name: 'setup', image: 'setup:1' }],
        },
      },
    };
    const { containers, templatePath, serviceAccount } = meshOf(
      object({ kind: 'DaemonSet', name: 'x', spec }),
    ).workload('shop/x');
    expect(templatePath).toEqual(['spec', 'template']);
    expect(serviceAccount).toBe('default');
    expect(containers).toEqual([
      {
        name: 'app',
        image: 'app:1',
        init: false,
        runAsUser: 1000,
        privileged: false,
        addedCapabilities: [],
        ports: [
          { containerPort: 80, protocol: 'TCP', hostPort: 8080 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
        ],
      },
      {
        name: 'tool',
        image: '',
        init: false,
        runAsUser: 1337,
        privileged: true,
        addedCapabilities: ['NET_ADMIN'],
        ports: [],
      },
      {
        name: 'setup',
        image: 'setup:1',
        init: true,
        runAsUser: 1000,
        privileged: false,
        addedCapabilities: [],
        ports: [],
      },
    ]);
  });
});
