import { describe, expect, it } from 'vitest';
import { convertProtocol, parseProtocol } from './protocol.ts';

const read = (port: number, name?: string, appProtocol?: string, transport = 'TCP') => {
  const { protocol, chain } = convertProtocol({ port, name, appProtocol, transport });
  return `${protocol} ${chain}`;
};

describe('convertProtocol', () => {
  it.each([
    ['http', 'http http'],
    ['http-web', 'http http'],
    ['HTTP-web', 'http http'],
    ['http2-web', 'http2 http'],
    ['grpc', 'grpc http'],
    ['grpc-web', 'grpc-web http'],
    ['GRPC-Web-ui', 'grpc-web http'],
    ['grpc-website', 'grpc-web http'],
    ['http_proxy', 'http_proxy http'],
    ['https', 'https tcp'],
    ['https-web', 'https tcp'],
    ['tls-x', 'tls tcp'],
    ['tcp-metrics', 'tcp tcp'],
    ['mongo', 'mongo tcp'],
    ['mysql-db', 'mysql tcp'],
    ['redis', 'redis tcp'],
    ['udp-name', 'udp tcp'],
    ['web', 'auto auto'],
    ['httpx', 'auto auto'],
    ['metrics-http', 'auto auto'],
    ['', 'auto auto'],
  ])('takes the part before the first dash of the name %j', (name, expected) => {
    expect(read(8080, name)).toBe(expected);
  });

  it.each([
    ['http', 'http http'],
    ['HTTP', 'http http'],
    ['https', 'https tcp'],
    ['kubernetes.io/h2c', 'http2 http'],
    ['kubernetes.io/ws', 'http http'],
    ['kubernetes.io/wss', 'https tcp'],
    ['http-alt', 'http http'],
    ['mycompany.com/custom', 'auto auto'],
  ])('prefers appProtocol %j to the name, also when it does not know it', (appProtocol, expected) => {
    expect(read(8080, 'tcp-db', appProtocol)).toBe(expected);
  });

  it('takes server-first ports for TCP only if nothing else is known', () => {
    expect([25, 53, 3306, 27017].map((port) => read(port))).toEqual(Array(4).fill('tcp tcp'));
    expect(read(3306, 'db')).toBe('tcp tcp');
    expect(read(3306, 'db', 'unheard-of')).toBe('tcp tcp');
    expect(read(3306, 'http')).toBe('http http');
    expect(read(5432)).toBe('auto auto');
  });

  it('reads UDP as UDP, whatever the name says', () => {
    expect(read(53, 'http', undefined, 'UDP')).toBe('udp tcp');
    expect(read(53, undefined, 'http', 'UDP')).toBe('udp tcp');
  });

  it('does not know the names of Kubernetes in a port name', () => {
    expect(read(8080, 'kubernetes.io/h2c')).toBe('auto auto');
  });
});

describe('parseProtocol', () => {
  it('takes the whole word', () => {
    expect(parseProtocol('HTTP')).toEqual({ protocol: 'http', chain: 'http' });
    expect(parseProtocol('GRPC-Web')).toEqual({ protocol: 'grpc-web', chain: 'http' });
    expect(parseProtocol('http-web')).toEqual({ protocol: 'auto', chain: 'auto' });
    expect(parseProtocol(undefined)).toEqual({ protocol: 'auto', chain: 'auto' });
  });
});
