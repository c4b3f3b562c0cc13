import { type Cidr, contains, parseAddress, parseCidr } from '../../util/cidr.ts';
import type { Clause, CompiledRule } from '../authz/compile.ts';
import { insideBrackets, nestedBrackets } from '../authz/fields.ts';
import { isPathTemplate } from '../authz/path-template.ts';
import type { TrustBundle } from '../authz/trust-domain.ts';
import { valueMatcher } from '../authz/value-matcher.ts';
import {
  claimAxis,
  DESTINATION_IP,
  HOST,
  headerAxis,
  METHOD,
  PATH,
  PEER,
  REMOTE_IP,
  SERVER_NAME,
  SOURCE_IP,
} from './axes.ts';
import { all, any, type Axis, constant, type Formula, literal, NOTHING, not } from './formula.ts';
import type { Comparison, SetPool } from './set-pool.ts';
import type { HeaderCondition } from './token-sets.ts';
import type { Glob } from './strings/glob.ts';
import {
  namespaceGlobs,
  principalGlobs,
  requestPrincipalGlobs,
  serviceAccountGlobs,
  templateGlob,
  trustDomainGlobs,
  valueGlobs,
  withAnyDots,
} from './strings/patterns.ts';

/** What the filters of one point see of every request alike. */
export interface Viewpoint {
  readonly pool: SetPool;
  readonly bundle: TrustBundle;
  /** The port as policies there see it. */
  readonly port: number;
  /** Whether the peer proved an identity. */
  readonly identified: boolean;
  /** Behind the tunnel of a waypoint, where no block holds the direct peer. */
  readonly tunnelled?: true;
  /** Known and the same for every request; else an axis. */
  readonly destinationIp: string | undefined;
  /** Whether the token's claims can be seen: a rule reads them, and the filter comes after it. */
  readonly claims: 'visible' | 'hidden';
  /** Apart from the path that another point on the same way sees. */
  readonly own?: { readonly path: Axis };
  /** Whether the request has a token that some rule accepts. */
  readonly hasToken: Formula;
  /** What a condition on a header comes to that may carry the token, given the condition on what is sent under that name. */
  readonly header: HeaderCondition;
}

/** The requests that a rule matches: `matchRule` as a set. */
export function ruleFormula({ from, to, when }: CompiledRule, viewpoint: Viewpoint): Formula {
  const oneOf = (alternatives: readonly (readonly Clause[])[] | null): readonly Formula[] =>
    alternatives
      ? [any(alternatives.map((clauses) => all(clauses.map((clause) => clauseFormula(clause, viewpoint)))))]
      : [];
  return all([...when.map((clause) => clauseFormula(clause, viewpoint)), ...oneOf(from), ...oneOf(to)]);
}

/** The requests that satisfy one clause. */
function clauseFormula({ field, values, negated, reads }: Clause, viewpoint: Viewpoint): Formula {
  const positive = positiveFormula(negated ? withoutNot(field) : field, values, viewpoint, reads);
  return negated ? not(positive) : positive;
}

/** `notPaths` is `paths`; keys of `when` are negated under their own name. */
const withoutNot = (field: string): string =>
  /^not[A-Z]/.test(field) ? field.charAt(3).toLowerCase() + field.slice(4) : field;

function positiveFormula(
  field: string,
  values: readonly string[],
  viewpoint: Viewpoint,
  reads: Clause['reads'],
): Formula {
  const { bundle } = viewpoint;
  const anyDots = reads === 'any-dots';
  const dotted = (globs: readonly Glob[]): readonly Glob[] => (anyDots ? globs.map(withAnyDots) : globs);
  const ofPeer = (globs: (value: string) => readonly Glob[], namespaces?: readonly string[]): Formula =>
    viewpoint.identified ? textLiteral(PEER, field, values, globs, viewpoint, { namespaces, reads }) : NOTHING;
  switch (field) {
    case 'principals':
    case 'source.principal':
      return ofPeer((value) => principalGlobs(value, bundle, anyDots));
    case 'namespaces':
    case 'source.namespace':
      return ofPeer(
        (value) => dotted(namespaceGlobs(value)),
        anyDots || values.some((value) => value.includes('*')) ? undefined : values,
      );
    case 'serviceAccounts':
    case 'source.serviceAccount':
      return ofPeer(
        (value) => dotted(serviceAccountGlobs(value)),
        anyDots ? undefined : values.map((value) => value.slice(0, value.indexOf('/'))),
      );
    case 'trustDomains':
    case 'source.trustDomain':
      return ofPeer((value) => trustDomainGlobs(value, bundle));
    case 'ipBlocks':
    case 'source.ip':
      return viewpoint.tunnelled ? NOTHING : addressLiteral(SOURCE_IP, values, viewpoint);
    case 'remoteIpBlocks':
    case 'remote.ip':
      return addressLiteral(REMOTE_IP, values, viewpoint);
    case 'destination.ip':
      return addressLiteral(DESTINATION_IP, values, viewpoint);
    case 'ports':
    case 'destination.port':
      return constant(values.some((value) => /^\d+$/.test(value) && Number(value) === viewpoint.port));
    case 'hosts':
      return textLiteral(HOST, field, values, (value) => valueGlobs(value.toLowerCase(), 'any'), viewpoint, {
        comparison: 'caseless',
        reads,
      });
    case 'methods':
      return textLiteral(METHOD, field, values, (value) => valueGlobs(value, 'any'), viewpoint, { reads });
    case 'paths':
      return textLiteral(
        viewpoint.own?.path ?? PATH,
        field,
        values,
        reads === 'plain-paths' ? (value) => valueGlobs(value) : pathGlobs,
        viewpoint,
        { comparison: 'before-query', reads },
      );
    case 'connection.sni':
      return textLiteral(SERVER_NAME, field, values, (value) => valueGlobs(value), viewpoint, { reads });
    case 'requestPrincipals':
    case 'request.auth.principal':
      return any(values.map((value) => requestPrincipal(value, viewpoint)));
    case 'request.auth.audiences':
      return claimLiteral(['aud'], values, viewpoint);
    case 'request.auth.presenter':
      return claimLiteral(['azp'], values, viewpoint);
  }
  if (field.startsWith('request.headers')) return headerLiteral(field, values, viewpoint);
  if (field.startsWith('request.auth.claims')) {
    return claimLiteral(nestedBrackets(field.slice('request.auth.claims'.length)) ?? [], values, viewpoint);
  }
  // Dynamic metadata of other filters, which nothing writes.
  return NOTHING;
}

const pathGlobs = (value: string): readonly Glob[] => {
  if (!isPathTemplate(value)) return valueGlobs(value);
  const glob = templateGlob(value);
  return glob ? [glob] : [];
};

interface TextOptions {
  readonly comparison?: Comparison;
  readonly namespaces?: readonly string[] | undefined;
  readonly reads?: Clause['reads'];
}

function textLiteral(
  axis: Axis,
  kind: string,
  values: readonly string[],
  globs: (value: string) => readonly Glob[],
  { pool, bundle }: Viewpoint,
  { comparison = 'as-is', namespaces, reads }: TextOptions = {},
): Formula {
  const scope = axis === PEER ? bundle : [];
  const key = JSON.stringify([kind, scope, values, ...(reads ? [reads] : [])]);
  const set = pool.words(key, comparison, () => values.flatMap(globs), namespaces);
  return set.words?.length === 0 ? NOTHING : literal(axis, set);
}

function addressLiteral(axis: Axis, values: readonly string[], { pool, destinationIp }: Viewpoint): Formula {
  const blocks = values.map(parseCidr).filter((block) => block !== undefined);
  const condition = literal(axis, pool.blocks(values.join(), blocks));
  if (axis !== DESTINATION_IP || destinationIp === undefined) return condition;
  return constant(blocks.length > 0 && holdsAt(blocks, destinationIp));
}

function holdsAt(blocks: readonly Cidr[], text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && blocks.some((block) => contains(block, address));
}

/** Pseudo headers are the attributes themselves, compared with their case. */
function headerLiteral(field: string, values: readonly string[], viewpoint: Viewpoint): Formula {
  const name = (insideBrackets(field.slice('request.headers'.length)) ?? '').toLowerCase();
  const globs = (value: string): readonly Glob[] => valueGlobs(value, 'any');
  const on = (axis: Axis): Formula => textLiteral(axis, 'header', values, globs, viewpoint);
  if (name === ':path') return on(viewpoint.own?.path ?? PATH);
  if (name === ':method') return on(METHOD);
  if (name === ':authority' || name === 'host') return on(HOST);
  const sent = on(headerAxis(name));
  return viewpoint.header(name, sent, (text) => values.some((value) => valueMatcher(value, 'any')(text)));
}

function claimLiteral(path: readonly string[], values: readonly string[], viewpoint: Viewpoint): Formula {
  if (viewpoint.claims === 'hidden') return NOTHING;
  const condition = textLiteral(claimAxis(path), 'claim', values, (value) => valueGlobs(value), viewpoint);
  return all([viewpoint.hasToken, condition]);
}

function requestPrincipal(value: string, viewpoint: Viewpoint): Formula {
  const globs = requestPrincipalGlobs(value);
  if (viewpoint.claims === 'hidden') return NOTHING;
  const issuer = textLiteral(claimAxis(['iss']), 'iss-of', [value], () => globs.issuer, viewpoint);
  const subject = textLiteral(claimAxis(['sub']), 'sub-of', [value], () => globs.subject, viewpoint);
  return all([viewpoint.hasToken, issuer, subject]);
}
