import { byOf } from '../model/by.ts';
import type { Principal, WorkloadPort } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { PolicyChain } from '../semantics/authz/chain.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../semantics/authz/compile.ts';
import { type Sample, samplesOf } from '../semantics/sample.ts';
import { UNNAMED_PATH } from './probe.ts';

/** A request without a token that some rule may let in. */
export interface Candidate {
  readonly sample: Sample;
  /** The path pattern that it stands for, or `every path`. */
  readonly what: string;
  /** Identities that the rule asks for; none: any caller. */
  readonly peers: readonly Principal[];
  /** The ALLOW rule that it is made from; null: no ALLOW policy applies. */
  readonly by: By | null;
}

interface Way {
  readonly sample: Sample;
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  readonly peers: readonly Principal[];
  readonly by: By | null;
}

/** One request per alternative of each ALLOW rule that asks for no token, per path and method; where a rule names no path, those that other policies name too. */
export function* tokenlessCandidates(chain: PolicyChain, port: WorkloadPort, trustDomain: string): Iterable<Candidate> {
  const elsewhere = namedPaths(chain);
  const ways =
    chain.allow.length === 0 ? [ANYTHING] : chain.allow.flatMap((policy) => waysOf(policy, port, trustDomain));
  const variants = [[], ...evadingHeaders(chain).map((header) => [header])];
  const usual = port.protocol.startsWith('grpc') ? ['POST'] : ['GET', 'POST'];
  for (const { sample, paths, methods, peers, by } of ways) {
    const tried =
      paths.length > 0
        ? paths.map((what) => ({ what, path: concrete(what) }))
        : [{ what: 'every path', path: UNNAMED_PATH }, ...elsewhere];
    for (const { what, path } of tried) {
      for (const method of methods.length > 0 ? methods.map(plainMethod) : usual) {
        for (const headers of variants) {
          const all = [...(sample.headers ?? []), ...headers];
          yield { sample: { ...sample, path, method, ...(all.length > 0 ? { headers: all } : {}) }, what, peers, by };
        }
      }
    }
  }
}

/** Headers that take a request out of a DENY or CUSTOM rule which asks for their absence: any caller can send them. */
function evadingHeaders({ deny, custom }: PolicyChain): readonly (readonly [string, string])[] {
  const policies = [...deny, ...custom.flatMap((each) => each.policies)];
  const conditions = policies
    .flatMap(({ rules }) => rules.flatMap(({ when }) => when))
    .filter(({ negated }) => negated);
  return conditions.flatMap(({ field, values: [value = ''] }): readonly (readonly [string, string])[] => {
    const name = /^request\.headers\[([^:].*)\]$/.exec(field)?.[1]?.toLowerCase();
    return name === undefined ? [] : [[name, value.replaceAll('*', 'any')]];
  });
}

const ANYTHING: Way = { sample: {}, paths: [], methods: [], peers: [], by: null };
const plainMethod = (method: string): string => (method === '*' ? 'GET' : method.replaceAll('*', ''));

/** What DENY, CUSTOM and negative conditions name: a request there may be judged otherwise than elsewhere. */
export function namedPaths({
  allow,
  deny,
  custom,
}: PolicyChain): readonly { readonly what: string; readonly path: string }[] {
  const policies = [...allow, ...deny, ...custom.flatMap((each) => each.policies)];
  const clauses = policies.flatMap(({ rules }) => rules.flatMap(({ to }) => to ?? []).flat());
  const paths = clauses
    .filter(({ field }) => field === 'paths' || field === 'notPaths')
    .flatMap(({ values }) => values);
  return [...new Set(paths)].map((what) => ({ what, path: concrete(what) }));
}

function waysOf({ policy, rules }: CompiledPolicy, port: WorkloadPort, trustDomain: string): readonly Way[] {
  return rules.flatMap((rule) =>
    alternatives(rule).flatMap(({ from, to }): readonly Way[] => {
      const [sample] = samplesOf({ ...rule, from: [from], to: [to] });
      if (!sample || sample.claims || (sample.port !== undefined && sample.port !== port.port)) return [];
      const { claims: _claims, peer: _peer, peers: _peers, port: _port, ...request } = sample;
      return [
        {
          sample: request,
          paths: valuesOf(to, 'paths'),
          methods: valuesOf(to, 'methods'),
          peers: peersOf([...from, ...rule.when], sample, { namespace: policy.namespace, trustDomain }),
          by: byOf(policy, { rule: rule.index, path: ['spec', 'rules', rule.index] }),
        },
      ];
    }),
  );
}

function alternatives({
  from,
  to,
}: CompiledRule): readonly { readonly from: readonly Clause[]; readonly to: readonly Clause[] }[] {
  return (from ?? [[]]).flatMap((one) => (to ?? [[]]).map((other) => ({ from: one, to: other })));
}

const valuesOf = (clauses: readonly Clause[], field: string): readonly string[] =>
  clauses.filter((clause) => clause.field === field && !clause.negated).flatMap(({ values }) => values);

interface Home {
  readonly namespace: string;
  readonly trustDomain: string;
}

/** Identities that a source asks for, in the mesh's own trust domain; those of short service accounts are of the policy's namespace. */
function peersOf(
  clauses: readonly Clause[],
  { peers = [] }: Sample,
  { namespace, trustDomain }: Home,
): readonly Principal[] {
  const accounts = clauses
    .filter(({ field, negated }) => !negated && (field === 'serviceAccounts' || field === 'source.serviceAccount'))
    .flatMap(({ values }) => values)
    .map((value) => (value.includes('/') ? value.split('/') : [namespace, value]))
    .map(([home, account]) => `${trustDomain}/ns/${home}/sa/${account}` as Principal);
  const written = accounts.length > 0 ? accounts : peers;
  return written
    .filter((peer) => !peer.includes('/ns/any/'))
    .map((peer) => peer.replace(/^cluster\.local\//, `${trustDomain}/`) as Principal);
}

/** A path that the pattern takes. */
function concrete(pattern: string): string {
  const filled = pattern.replaceAll(/\{\*\*?\}/g, 'x');
  if (filled === '*' || filled === '/*') return UNNAMED_PATH;
  if (filled.startsWith('*')) return `/any${filled.slice(1).startsWith('/') ? '' : '/'}${filled.slice(1)}`;
  return filled.endsWith('*') ? `${filled.slice(0, -1)}any` : filled;
}
