import type { Clause } from '../../semantics/authz/compile.ts';
import type { Dimension } from './edit.ts';

const OF_FIELD: Readonly<Record<string, Dimension>> = {
  principals: 'identity',
  namespaces: 'identity',
  serviceAccounts: 'identity',
  trustDomains: 'identity',
  'source.principal': 'identity',
  'source.namespace': 'identity',
  'source.serviceAccount': 'identity',
  'source.trustDomain': 'identity',
  requestPrincipals: 'token',
  'request.auth.principal': 'token',
  'request.auth.audiences': 'token',
  'request.auth.presenter': 'token',
  ipBlocks: 'address',
  remoteIpBlocks: 'address',
  'source.ip': 'address',
  'remote.ip': 'address',
  methods: 'method',
  paths: 'path',
  hosts: 'host',
  ports: 'port',
  'destination.port': 'port',
  'connection.sni': 'sni',
};

/** `notPaths` is about what `paths` is about. */
const positiveField = (field: string): string =>
  field.replace(/^not([A-Z])/, (_, first: string) => first.toLowerCase());

/** What of a request a clause asks about; undefined: nothing that a request can change. */
export function dimensionOf({ field }: Pick<Clause, 'field'>): Dimension | undefined {
  const name = positiveField(field);
  const known = Object.hasOwn(OF_FIELD, name) ? OF_FIELD[name] : undefined;
  if (known) return known;
  if (name.startsWith('request.auth.claims')) return 'token';
  const header = /^request\.headers\[(.+)\]$/.exec(name)?.[1]?.toLowerCase();
  switch (header) {
    case undefined:
      return undefined;
    case ':method':
      return 'method';
    case ':path':
      return 'path';
    case ':authority':
    case 'host':
      return 'host';
    default:
      return 'header';
  }
}
