import type { Clause, CompiledRule } from '../../semantics/authz/compile.ts';

/** What a rule lets be sent, in words, one text per alternative of `to`: `POST, GET /v1/*, header x-team: a`. Who may is said elsewhere. */
export function describeRule({ from, to, when }: CompiledRule): readonly string[] {
  const conditions = [...when.flatMap(describeClause), ...describeCallers(from)];
  const operations = to?.map((clauses) => describeOperation(clauses)) ?? [''];
  return [...new Set(operations.map((what) => [what, ...conditions].filter((text) => text !== '').join(', ')))].map(
    (text) => text || 'anything',
  );
}

function describeOperation(clauses: readonly Clause[]): string {
  const of = (field: string): readonly string[] => clauses.find((clause) => clause.field === field)?.values ?? [];
  const line = [of('methods').join('|'), of('paths').join(' | ')].filter((text) => text !== '').join(' ');
  const rest = clauses
    .filter(({ field }) => field !== 'methods' && field !== 'paths' && field !== 'ports')
    .flatMap(describeClause);
  return [line, ...rest].filter((text) => text !== '').join(', ');
}

/** Of `from` only what is no identity: the caller has to bring it. */
function describeCallers(from: CompiledRule['from']): readonly string[] {
  const texts = (from ?? []).map((clauses) => clauses.flatMap(describeClause).join(' and '));
  // One way to call that asks for nothing more makes the others idle.
  return texts.some((text) => text === '') ? [] : [[...new Set(texts)].join(' or ')].filter((text) => text !== '');
}

const WORDS: Readonly<Record<string, string>> = {
  hosts: 'host',
  methods: 'method',
  paths: 'path',
  ports: 'port',
  ipBlocks: 'from',
  'source.ip': 'from',
  remoteIpBlocks: 'client address',
  'remote.ip': 'client address',
  'destination.ip': 'pod address',
  'destination.port': 'port',
  'connection.sni': 'SNI',
  requestPrincipals: 'token of',
  'request.auth.principal': 'token of',
  'request.auth.audiences': 'token for',
  'request.auth.presenter': 'token presented by',
};

const IDENTITY = /^(not)?(principals|namespaces|serviceAccounts|trustDomains)$/i;
const IDENTITY_KEY = /^source\.(principal|namespace|serviceAccount|trustDomain)$/;

function describeClause({ field, values, negated }: Clause): readonly string[] {
  if (IDENTITY.test(field) || IDENTITY_KEY.test(field)) return [];
  const base = /^not[A-Z]/.test(field) ? field.charAt(3).toLowerCase() + field.slice(4) : field;
  const list = values.join(' | ');
  const header = /^request\.headers\[(.*)\]$/.exec(base)?.[1];
  const claim = /^request\.auth\.claims\[(.*)\]$/.exec(base)?.[1];
  const what =
    header === undefined
      ? claim === undefined
        ? (WORDS[base] ?? base)
        : `claim ${claim.replaceAll('][', '.')}:`
      : `header ${header}:`;
  if (values.includes('*')) {
    const thing = base.startsWith('request.auth') || base === 'requestPrincipals' ? 'token' : what.replace(/:$/, '');
    return [negated ? `no ${thing}` : `any ${thing}`];
  }
  return [`${negated ? 'not ' : ''}${what} ${list}`];
}
