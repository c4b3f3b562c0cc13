import { describe, expect, it } from 'vitest';
import { contains, parseAddress, parseCidr, sizeWithout } from './cidr.ts';

const holds = (block: string, address: string): boolean | undefined => {
  const [cidr, value] = [parseCidr(block), parseAddress(address)];
  return cidr && value && contains(cidr, value);
};

describe('parseCidr', () => {
  it.each([
    ['10.1.2.3/8', '10.255.0.0', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['1.2.3.4', '1.2.3.4', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['::/0', 'fe80::1%eth0', true],
    ['::ffff:0:0/96', '1.2.3.4', false],
    ['::ffff:0:0/96', '::ffff:1.2.3.4', true],
  ])('%s holds %s: %s', (block, address, expected) => {
    expect(holds(block, address)).toBe(expected);
  });

  it.each([
    '',
    'x',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0',
    '010.0.0.1',
    '0x0a000001',
    '1.2.3.4/8/8',
    '::/129',
    'fe80::1%eth0/64',
    'fe80::1%',
    '1:2',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe('sizeWithout', () => {
  const size = (block: string, ...holes: readonly string[]): bigint | undefined => {
    const cidr = parseCidr(block);
    return (
      cidr &&
      sizeWithout(
        cidr,
        holes.flatMap((hole) => parseCidr(hole) ?? []),
      )
    );
  };

  it('counts what holes leave, however they overlap', () => {
    expect(size('10.0.0.0/24')).toBe(256n);
    expect(size('10.0.0.0/24', '10.0.0.0/25', '10.0.0.0/26', '10.0.0.64/26')).toBe(128n);
    expect(size('10.0.0.0/24', '10.0.0.128/25', '10.0.0.0/25')).toBe(0n);
    expect(size('10.0.0.0/24', '10.0.0.8/29', '192.0.2.0/24', '::/0')).toBe(248n);
    expect(size('10.0.0.0/24', '10.0.0.0/8')).toBe(0n);
  });
});
