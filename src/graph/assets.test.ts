import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import { meshText, namespace, workload } from '../../test/small-mesh.ts';
import type { Stated } from './make-facts.ts';

interface Given {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly home?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly secret?: string;
  readonly stated?: Stated;
}

function assetOf({ name = 'web', labels = {}, annotations = {}, home = {}, image, secret, stated }: Given): string {
  let text = meshText([namespace('shop', home), ...workload('shop', name, { labels, annotations })]);
  if (image) text = text.replace(/registry\.example\S+/, image);
  if (secret)
    text = text.replace(
      /( +)containers:/,
      `$1volumes: [{ name: s, secret: { secretName: ${secret} } }]\n$1containers:`,
    );
  const facts = factsOfText(text, 'mesh.yaml', stated);
  const [found] = facts.mesh.workloads;
  if (!found) throw new Error('no workload');
  const { level, basis } = facts.sensitivity(found);
  return `${level} ${basis}`;
}

describe('sensitivityOf', () => {
  it.each<[string, Given, string]>([
    ['nothing', {}, 'medium unknown'],
    ['a label', { labels: { 'data-classification': 'restricted' } }, 'critical label'],
    ['a label under a prefix', { labels: { 'security.example.com/classification': 'confidential' } }, 'high label'],
    ['an annotation', { annotations: { 'data-sensitivity': 'public' } }, 'low label'],
    ['the highest of several', { labels: { compliance: 'sox_pci-dss' } }, 'critical label'],
    ['a scope', { labels: { 'pci-scope': 'true' } }, 'critical label'],
    ['a scope that it is not in', { labels: { 'pci-scope': 'false' } }, 'medium unknown'],
    ['the namespace', { home: { 'example.com/compliance': 'hipaa' } }, 'critical label'],
    [
      'Pod Security of the namespace',
      { home: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      'medium unknown',
    ],
    ['a data store', { image: 'postgres:16' }, 'high inferred'],
    ['an identity provider', { image: 'quay.io/keycloak/keycloak:26' }, 'critical inferred'],
    ['Kiali', { image: 'quay.io/kiali/kiali:v2' }, 'high inferred'],
    ['a name', { name: 'payment-api' }, 'high inferred'],
    ['keys', { secret: 'token-signing-key' }, 'high inferred'],
    ['a serving certificate', { secret: 'web-tls' }, 'medium unknown'],
    ['tier 0', { name: 'control', image: 'docker.io/istio/pilot:1.31' }, 'critical inferred'],
  ])('knows it by %s', (_name, given, expected) => {
    expect(assetOf(given)).toBe(expected);
  });

  it('takes what is stated over what is inferred', () => {
    const assets = [{ select: { workload: 'payment-api' }, sensitivity: 'none' as const, why: 'a mock' }];
    expect(assetOf({ name: 'payment-api', stated: { assets } })).toBe('none declared');
  });
});
