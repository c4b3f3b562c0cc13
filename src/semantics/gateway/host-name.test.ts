import { describe, expect, it } from 'vitest';
import { hostsForNamespace, normalizeServerHosts, qualifyGateway, qualifyHost } from './host-name.ts';

describe('qualifyGateway', () => {
  it.each([
    ['public', 'shop/public'],
    ['./public', 'shop/public'],
    ['edge/public', 'edge/public'],
    // Names no namespace, so that no Gateway has that name.
    ['/public', '/public'],
    ['public.edge', 'edge/public'],
    ['public.edge.svc.cluster.local', 'edge/public'],
    ['mesh', 'mesh'],
  ])('takes %s in shop for %s', (name, expected) => {
    expect(qualifyGateway(name, 'shop')).toBe(expected);
  });
});

describe('normalizeServerHosts', () => {
  it.each([
    [['A.example.com'], ['a.example.com']],
    [['*/a.example.com'], ['a.example.com']],
    [['./A.example.com'], ['edge/a.example.com']],
    [
      ['shop/*.example.com', './*'],
      ['shop/*.example.com', 'edge/*'],
    ],
    [['shop/a.example.com', '*/*'], ['*']],
  ])('makes %j of the namespace edge %j', (written, expected) => {
    expect(normalizeServerHosts(written, 'edge')).toEqual(expected);
  });
});

describe('hostsForNamespace', () => {
  it('keeps hosts of that namespace and hosts for all', () => {
    const hosts = ['shop/a.example.com', 'edge/b.example.com', '*/c.example.com', 'd.example.com'];
    expect(hostsForNamespace(hosts, 'shop')).toEqual(['a.example.com', 'c.example.com', 'd.example.com']);
  });
});

describe('qualifyHost', () => {
  it.each([
    ['Web', 'web.shop.svc.cluster.local'],
    ['web.edge', 'web.edge'],
    ['2001:db8::1', '2001:db8::1'],
    ['*', '*'],
    ['', ''],
  ])('takes %j in shop for %j', (host, expected) => {
    expect(qualifyHost(host, 'shop')).toBe(expected);
  });
});
