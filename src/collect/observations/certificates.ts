import { X509Certificate } from 'node:crypto';
import type { LoadedCertificate } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { textOf } from './json.ts';

/** What the certificates of a proxy say: the workload's own, and those that it trusts. Keys and bodies are left behind. */
export function readCertificates(secrets: readonly unknown[]): readonly LoadedCertificate[] {
  return secrets.flatMap((entry) => {
    const secret = isObject(entry) && isObject(entry.secret) ? entry.secret : undefined;
    const name = isObject(entry) ? textOf(entry.name) : undefined;
    if (!secret || name === undefined) return [];
    const chain = isObject(secret.tls_certificate) ? secret.tls_certificate.certificate_chain : undefined;
    const trusted = isObject(secret.validation_context) ? secret.validation_context.trusted_ca : undefined;
    const bytes = inlineBytes(chain) ?? inlineBytes(trusted);
    return bytes === undefined ? [] : [describe(name, bytes)].filter((found) => found !== undefined);
  });
}

function inlineBytes(source: unknown): Buffer | undefined {
  const encoded = isObject(source) ? textOf(source.inline_bytes) : undefined;
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}

function describe(name: string, bytes: Buffer): LoadedCertificate | undefined {
  try {
    const { subjectAltName = '', validFromDate, validToDate } = readable(new X509Certificate(bytes));
    const identities = [...subjectAltName.matchAll(/URI:([^,\s]+)/g)].map(([, uri = '']) => uri);
    return { name, identities, validFrom: validFromDate, validTo: validToDate };
  } catch {
    return undefined;
  }
}

const readable = ({ subjectAltName, validFrom, validTo }: X509Certificate) => ({
  subjectAltName,
  validFromDate: new Date(validFrom).toISOString(),
  validToDate: new Date(validTo).toISOString(),
});
