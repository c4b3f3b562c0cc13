import { describe, expect, it } from 'vitest';
import {
  covers,
  hostsForNamespace,
  intersectHosts,
  normalizeServerHosts,
  overlaps,
  qualifyGateway,
  qualifyHost,
  withoutPort,
} from './host-name.ts';

describe('covers', () => {
  it.each([
    ['*', 'a.example.com', true],
    ['*', '*', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', '*.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.b.example.com', '*.example.com', false],
    ['*.example.com', '*', false],
    ['*.example.com', 'a.example.org', false],
    ['a.example.com', 'a.example.com', true],
    ['a.example.com', '*.example.com', false],
  ])('tells whether %s stands for all of %s', (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });

  it('overlaps in either direction', () => {
    expect(overlaps('a.example.com', '*.example.com')).toBe(true);
    expect(overlaps('*.example.com', 'a.example.com')).toBe(true);
    expect(overlaps('a.example.com', 'b.example.com')).toBe(false);
  });
});

describe('intersectHosts', () => {
  it.each([
    [['*'], ['a.example.com', '*.b.example'], ['a.example.com', '*.b.example']],
    [['a.example.com', 'c.example'], ['*'], ['a.example.com', 'c.example']],
    [['*.example.com'], ['a.example.com', 'b.example'], ['a.example.com']],
    [['*.example.com', '*'], ['a.example.com'], ['a.example.com']],
    [['a.example.com'], ['b.example.com'], []],
  ])('of %j and %j is %j', (hosts, others, expected) => {
    expect(intersectHosts(hosts, others)).toEqual(expected);
  });
});

describe('withoutPort', () => {
  it.each([
    ['a.example.com:8080', 'a.example.com'],
    ['a.example.com', 'a.example.com'],
    ['[2001:db8::1]:80', '[2001:db8::1]'],
    ['a.example.com:http', 'a.example.com:http'],
  ])('of %s is %s', (authority, expected) => {
    expect(withoutPort(authority)).toBe(expected);
  });
});

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
