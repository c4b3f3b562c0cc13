import { describe, expect, it } from 'vitest';
import { readText } from '../../collect/read-text.ts';
import { decodeObjects } from '../decode.ts';

const decode = (kind: string, name: string, spec: string) =>
  decodeObjects(
    readText(
      `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`,
      'admin.yaml',
    ).objects,
  );

const everyone = '[{ namespaces: {} }]';

describe('policies of administrators', () => {
  it('are read as they are written', () => {
    const { resources, diagnostics } = decode(
      'AdminNetworkPolicy',
      'guard',
      `{ priority: 10, subject: { namespaces: { matchLabels: { tier: gold } } },
         ingress: [{ name: stop, action: Deny, from: ${everyone}, ports: [{ portNumber: { protocol: TCP, port: 80 } }, { namedPort: http }] }],
         egress: [{ action: Pass, to: [{ networks: [10.0.0.0/8] }, { nodes: {} }, { domainNames: ['*.example.com'] }], ports: [{ portRange: { start: 1, end: 9 } }] }] }`,
    );
    expect(diagnostics).toEqual([]);
    expect(resources.of('AdminNetworkPolicy')[0]?.spec).toMatchObject({
      priority: 10,
      ingress: [{ name: 'stop', action: 'Deny', ports: [{ portNumber: { port: 80 } }, { namedPort: 'http' }] }],
      egress: [
        { action: 'Pass', to: [{ networks: ['10.0.0.0/8'] }, { nodes: {} }, { domainNames: ['*.example.com'] }] },
      ],
    });
    expect(resources.unmodelled).toEqual([]);
  });

  it.each([
    ['AdminNetworkPolicy', 'a', `{ subject: { namespaces: {} } }`, '`spec.priority` is missing'],
    ['AdminNetworkPolicy', 'a', `{ priority: 1 }`, '`spec.subject` is missing'],
    [
      'AdminNetworkPolicy',
      'a',
      `{ priority: 1, subject: { namespaces: {} }, ingress: [{ action: Allow }] }`,
      '`spec.ingress[0].from` is missing',
    ],
    [
      'AdminNetworkPolicy',
      'a',
      `{ priority: 1, subject: { namespaces: {} }, ingress: [{ action: Accept, from: ${everyone} }] }`,
      '`spec.ingress[0].action` is `Accept`',
    ],
    [
      'BaselineAdminNetworkPolicy',
      'default',
      `{ subject: { namespaces: {} }, ingress: [{ action: Pass, from: ${everyone} }] }`,
      '`spec.ingress[0].action` is `Pass`',
    ],
    ['BaselineAdminNetworkPolicy', 'mine', `{ subject: { namespaces: {} } }`, 'the API server takes only `default`'],
    ['ClusterNetworkPolicy', 'a', `{ tier: Top, priority: 1, subject: { namespaces: {} } }`, '`spec.tier` is `Top`'],
  ])('%s %s %s is refused', (kind, name, spec, message) => {
    const { resources, diagnostics } = decode(kind, name, spec);
    expect(resources.size).toBe(0);
    expect(diagnostics.filter(({ severity }) => severity === 'error').map((each) => each.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it('lose what their kind does not have', () => {
    const { diagnostics } = decode(
      'AdminNetworkPolicy',
      'a',
      `{ priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }`,
    );
    expect(diagnostics.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', '`spec.ingress[0].from[0].ipBlock` is no field of this kind: the API server drops it'],
    ]);
  });
});
