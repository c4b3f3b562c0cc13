import { describe, expect, it } from 'vitest';
import { edgesOf } from '../../../../test/pivot-edges.ts';
import { type Manifest, namespace } from '../../../../test/small-mesh.ts';
import { escapeToNode } from './escape-to-node.ts';
import { takePodsOfNode, useNodeNetwork } from './use-node.ts';

const app = (securityContext: object = {}, mounts: readonly object[] = []) => ({
  name: 'app',
  image: 'registry.example/app:1',
  securityContext,
  volumeMounts: mounts,
});

function agent(spec: object, kind = 'Deployment'): readonly Manifest[] {
  const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [app()], ...spec } };
  return [
    namespace('shop'),
    {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'agent', namespace: 'shop' },
      spec: { selector: { matchLabels: { app: 'agent' } }, template },
    },
  ];
}

function withPath(path: string, readOnly: boolean, securityContext: object = {}): object {
  const volumes = [{ name: 'host', hostPath: { path } }];
  return { volumes, containers: [app(securityContext, [{ name: 'host', mountPath: '/host', readOnly }])] };
}

const ESCAPES = ['shop/agent -> node of shop/agent by Deployment shop/agent'];

describe('escapeToNode', () => {
  it.each<[string, object]>([
    ['privileged', { containers: [app({ privileged: true })] }],
    ['SYS_ADMIN', { containers: [app({ capabilities: { add: ['SYS_ADMIN'] } })] }],
    ['SYS_PTRACE with hostPID', { hostPID: true, containers: [app({ capabilities: { add: ['SYS_PTRACE'] } })] }],
    ['the root of the node', withPath('/', false)],
    ['the socket of the runtime, read-only too', withPath('/var/run/docker.sock', true)],
    ['a folder that holds the socket', withPath('/var/run', true)],
    ['tokens of the kubelet', withPath('/var/lib/kubelet/pods', true)],
    ['cron of the node', withPath('/etc/cron.d', false)],
  ])('finds %s', (_name, spec) => {
    expect(edgesOf(escapeToNode, agent(spec))).toEqual(ESCAPES);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['a capability of the network', { containers: [app({ capabilities: { add: ['NET_ADMIN'] } })] }],
    ['SYS_PTRACE among its own processes', { containers: [app({ capabilities: { add: ['SYS_PTRACE'] } })] }],
    [
      'SYS_ADMIN of a user namespace',
      { hostUsers: false, containers: [app({ capabilities: { add: ['SYS_ADMIN'] } })] },
    ],
    ['logs', withPath('/var/log', false)],
    ['certificates', withPath('/etc/ssl/certs', true)],
    ['configuration that is only read', withPath('/usr/bin', true)],
    ['the root of the node for somebody else', withPath('/', true, { runAsUser: 65534 })],
    ['a folder that no container mounts', { volumes: [{ name: 'host', hostPath: { path: '/' } }] }],
  ])('does not take %s for one', (_name, spec) => {
    expect(edgesOf(escapeToNode, agent(spec))).toEqual([]);
  });

  it('is unsure of hostPID alone', () => {
    expect(edgesOf(escapeToNode, agent({ hostPID: true }))).toEqual([`${ESCAPES[0]} UNKNOWN`]);
  });

  it('is tier 0 on every node', () => {
    expect(edgesOf(escapeToNode, agent({ containers: [app({ privileged: true })] }, 'DaemonSet'))).toEqual([
      'shop/agent -> tier 0: root on every node by DaemonSet shop/agent',
    ]);
  });
});

describe('from a node', () => {
  const privileged = { containers: [app({ privileged: true })] };
  const pod = (name: string, node: string, spec: object = {}): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: name } },
    spec: { nodeName: node, containers: [app()], ...spec },
    status: { phase: 'Running' },
  });
  const pods = [namespace('shop'), pod('agent', 'n1', privileged), pod('web', 'n1'), pod('other', 'n2')];

  it('takes the pods that run there', () => {
    expect(edgesOf(escapeToNode, pods)).toEqual(['shop/agent -> n1 by Pod shop/agent']);
    expect(edgesOf(takePodsOfNode, pods)).toEqual(['n1 -> shop/web by Pod shop/agent']);
  });

  it('sends from its network, as do pods on it', () => {
    expect(edgesOf(useNodeNetwork, pods)).toEqual(['n1 -> node-network by Pod shop/agent']);
    expect(edgesOf(useNodeNetwork, agent({ hostNetwork: true }))).toEqual([
      'shop/agent -> node-network by Deployment shop/agent',
    ]);
  });

  it('takes none where it is not known what runs there', () => {
    expect(edgesOf(takePodsOfNode, agent(privileged))).toEqual([]);
    expect(edgesOf(useNodeNetwork, agent(privileged))).toEqual([
      'node of shop/agent -> node-network by Deployment shop/agent',
    ]);
  });
});
