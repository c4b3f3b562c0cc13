import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientTls } from '../../src/result/request.ts';
import { runNow } from './network.ts';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A CA that is no mesh's own, made for this run, and certificates of it. */
export interface Authority {
  readonly ca: string;
  readonly server: KeyPair;
  /** With the names that are asked for; what is not to be trusted is signed by itself. */
  clientOf(certificate: NonNullable<ClientTls['clientCert']>): KeyPair;
}

export function makeAuthority(folder: string): Authority {
  mkdirSync(folder);
  const config = join(folder, 'openssl.cnf');
  writeFileSync(config, '[req]\ndistinguished_name = names\n[names]\n');
  const issue = (name: string, extensions: readonly string[], issuer?: string): KeyPair => {
    const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    runNow('openssl', [
      ...['req', '-x509', '-config', config, '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-out', cert, '-keyout', key],
      ...extensions.flatMap((each) => ['-addext', each]),
      ...(issuer === undefined ? [] : ['-CA', join(folder, `${issuer}.crt`), '-CAkey', join(folder, `${issuer}.key`)]),
    ]);
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  };
  const { cert: ca } = issue('authority', ['basicConstraints=critical,CA:TRUE']);
  const leaf = 'basicConstraints=critical,CA:FALSE';
  const server = issue('server', [leaf, 'subjectAltName=DNS:*.example.com'], 'authority');
  const clients = new Map<string, KeyPair>();
  return {
    ca,
    server,
    clientOf(certificate) {
      const key = JSON.stringify(certificate);
      const { principal, dns, trusted = true } = certificate;
      const names = [
        ...(principal === undefined ? [] : [`URI:spiffe://${principal}`]),
        ...(dns === undefined ? [] : [`DNS:${dns}`]),
      ];
      const extensions = [leaf, ...(names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`])];
      const known = clients.get(key) ?? issue(`client-${clients.size}`, extensions, trusted ? 'authority' : undefined);
      clients.set(key, known);
      return known;
    },
  };
}
