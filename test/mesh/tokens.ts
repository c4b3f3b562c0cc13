import { createSign, generateKeyPairSync } from 'node:crypto';
import type { Token } from '../../src/result/request.ts';

/** Keys of an issuer, made for this run. */
export interface Issuer {
  /** As a RequestAuthentication holds it. */
  readonly jwks: string;
  sign(token: Token): string;
}

export function makeIssuer(): Issuer {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...own.publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    sign({ payload, valid = true }) {
      const now = Math.floor(Date.now() / 1000);
      const signed = `${encode({ alg: 'RS256', kid: 'test' })}.${encode({ iat: now, exp: now + 600, ...payload })}`;
      const { privateKey } = valid ? own : foreign;
      return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
    },
  };
}
