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
} from '../../semantics/algebra/axes.ts';
import type { Viewpoint } from '../../semantics/algebra/clause-formula.ts';
import {
  all,
  type Axis,
  constant,
  EVERYTHING,
  type Formula,
  literal,
  NOTHING,
  not,
  type TextSet,
} from '../../semantics/algebra/formula.ts';
import { templateGlob } from '../../semantics/algebra/strings/patterns.ts';
import { anything } from '../../semantics/algebra/strings/glob.ts';
import { matchesWord } from '../../semantics/algebra/strings/machine.ts';
import type { EnvoyJson } from '../../model/observation/envoy-dump.ts';
import { type Cidr, contains, parseAddress, parseCidr } from '../../util/cidr.ts';
import { REDACTED } from '../../model/redacted.ts';
import { isObject } from '../../model/shape.ts';
import { at, listAt, textAt } from './json.ts';
import type { Place } from './place.ts';
import { type Reading, stringSet } from './string-set.ts';

/** Which attribute a leaf reads; those of the same key may be joined into one. Undefined: no leaf, or one that is not joined. */
export function isLeaf(matcher: unknown): string | undefined {
  if (!isObject(matcher)) return undefined;
  const [field] = Object.keys(matcher);
  switch (field) {
    case 'header':
      return at(matcher, field).invert_match === true ? undefined : `header ${textAt(matcher.header, 'name')}`;
    case 'metadata':
      return at(matcher, field).invert === true
        ? undefined
        : `metadata ${JSON.stringify(listAt(matcher, field, 'path'))}`;
    case 'authenticated':
      return 'principal_name' in at(matcher, field) ? field : undefined;
    case 'filter_state':
      return `filter_state ${textAt(matcher.filter_state, 'key')}`;
    case 'url_path':
    case 'uri_template':
    case 'requested_server_name':
    case 'direct_remote_ip':
    case 'source_ip':
    case 'remote_ip':
    case 'destination_ip':
    case 'destination_port':
      return field;
    default:
      return undefined;
  }
}

/** The requests that some of these leaves, which read the same attribute, match; undefined where one is none that istiod writes. */
export function leafFormula(
  leaves: readonly EnvoyJson[],
  place: Pick<Place, 'viewpoint' | 'filters'>,
): Formula | undefined {
  const { viewpoint } = place;
  const [first] = leaves;
  const field = Object.keys(first ?? {})[0] ?? '';
  const values = leaves.map((leaf) => leaf[field]);
  // Nobody can tell whether two values that were not kept are the same.
  if (JSON.stringify(values).includes(REDACTED)) return undefined;
  switch (field) {
    case 'authenticated':
      return peer(
        values.map((value) => at(value).principal_name),
        viewpoint,
      );
    case 'filter_state': {
      if (textAt(values[0], 'key') !== PEER_STATE) return undefined;
      return peer(
        values.map((value) => at(value).string_match),
        viewpoint,
      );
    }
    case 'direct_remote_ip':
    case 'source_ip':
      // Behind the tunnel the direct peer is a listener of the waypoint itself, which has no address.
      if (viewpoint.tunnelled) return NOTHING;
      return addresses(SOURCE_IP, values, viewpoint);
    case 'remote_ip':
      return addresses(REMOTE_IP, values, viewpoint);
    case 'destination_ip':
      return addresses(DESTINATION_IP, values, viewpoint);
    case 'destination_port':
      return constant(values.includes(viewpoint.port));
    case 'requested_server_name':
      return text(SERVER_NAME, values, 'value', viewpoint);
    case 'url_path':
      return text(
        pathOf(viewpoint),
        values.map((value) => at(value).path),
        'path',
        viewpoint,
      );
    case 'uri_template':
      return templates(values, viewpoint);
    case 'header':
      return headers(values, viewpoint);
    case 'metadata':
      return metadata(values, place);
    default:
      return undefined;
  }
}

/** What istio's waypoints keep the caller's identity under. Source: istio pilot/pkg/security/authz/matcher/principal.go. */
const PEER_STATE = 'io.istio.peer_principal';

const pathOf = ({ own }: Viewpoint): Axis => own?.path ?? PATH;

function text(axis: Axis, matchers: readonly unknown[], reading: Reading, { pool }: Viewpoint): Formula | undefined {
  const set = stringSet(matchers, reading, pool);
  return set && ofSet(axis, set);
}

const ofSet = (axis: Axis, set: TextSet): Formula => (set.words?.length === 0 ? NOTHING : literal(axis, set));

/** Without a matcher: whoever has proven an identity. */
function peer(matchers: readonly unknown[], viewpoint: Viewpoint): Formula | undefined {
  if (!viewpoint.identified) return NOTHING;
  if (matchers.some((matcher) => matcher === undefined)) return EVERYTHING;
  return text(PEER, matchers, 'identity', viewpoint);
}

function addresses(axis: Axis, ranges: readonly unknown[], { pool, destinationIp }: Viewpoint): Formula | undefined {
  const blocks: Cidr[] = [];
  for (const range of ranges) {
    const length = at(range).prefix_len;
    const block = parseCidr(`${textAt(range, 'address_prefix')}/${typeof length === 'number' ? length : 0}`);
    if (!block) return undefined;
    blocks.push(block);
  }
  if (axis !== DESTINATION_IP || destinationIp === undefined) {
    return literal(axis, pool.blocks(JSON.stringify(['envoy', ranges]), blocks));
  }
  const address = parseAddress(destinationIp);
  return constant(address !== undefined && blocks.some((block) => contains(block, address)));
}

/** Envoy's form of a path template has no braces. Source: istio pilot/pkg/security/authz/matcher/template.go. */
function templates(values: readonly unknown[], viewpoint: Viewpoint): Formula | undefined {
  const written = values.map((value) => textAt(at(value, 'typed_config'), 'path_template'));
  const globs = written.map((template) =>
    template === undefined
      ? undefined
      : templateGlob(template.replace(/(?<=\/)(\*\*?)(?=\/|$)/g, (_match, star: string) => `{${star}}`)),
  );
  if (!globs.every((glob) => glob !== undefined)) return undefined;
  const set = viewpoint.pool.words(JSON.stringify(['template', written]), 'before-query', () => globs);
  return ofSet(pathOf(viewpoint), set);
}

const PSEUDO: Readonly<Record<string, Axis>> = { ':method': METHOD, ':authority': HOST, host: HOST };

/** Any value of a header that has several: Envoy's default (`rbac_match_headers_individually`). */
function headers(values: readonly unknown[], viewpoint: Viewpoint): Formula | undefined {
  const name = (textAt(values[0], 'name') ?? '').toLowerCase();
  const matchers = values.map(headerMatcher);
  if (!matchers.every((matcher) => matcher !== undefined)) return undefined;
  const inverted = values.length === 1 && at(values[0]).invert_match === true;
  const axis = name === ':path' ? pathOf(viewpoint) : (PSEUDO[name] ?? headerAxis(name));
  const isPresence = matchers.some((matcher) => matcher === 'present');
  const present = viewpoint.pool.words('anything at all', 'as-is', () => [anything()]);
  const set = isPresence ? present : stringSet(matchers, 'value', viewpoint.pool);
  if (!set) return undefined;
  const sent = ofSet(axis, set);
  const found = viewpoint.header(name.toLowerCase(), sent, (value) => matchesWord(set.machine, value));
  return inverted ? not(found) : found;
}

/** Of the older forms and the newer one. Source: envoy api/envoy/config/route/v3/route_components.proto (HeaderMatcher). */
function headerMatcher(value: unknown): EnvoyJson | 'present' | undefined {
  if (!isObject(value)) return undefined;
  if (value.present_match === true) return 'present';
  if (isObject(value.string_match)) return value.string_match;
  for (const kind of ['exact', 'prefix', 'suffix', 'contains']) {
    const old = value[`${kind}_match`];
    if (typeof old === 'string') return { [kind]: old };
  }
  return isObject(value.safe_regex_match) ? { safe_regex: value.safe_regex_match } : undefined;
}

const JWT_FILTER = 'envoy.filters.http.jwt_authn';
/** Under this key istiod has the JWT filter put the token's claims. Source: istio pilot/pkg/security/authn/policy_applier.go. */
const PAYLOAD = 'payload';

/** Of the token, or of another filter: what no filter of the chain writes is not there. */
function metadata(
  values: readonly unknown[],
  { viewpoint, filters }: Pick<Place, 'viewpoint' | 'filters'>,
): Formula | undefined {
  const writers = new Set(values.map((value) => textAt(value, 'filter') ?? ''));
  if (![...writers].some((name) => filters.has(name) || name === JWT_FILTER)) {
    return values.length === 1 && at(values[0]).invert === true ? EVERYTHING : NOTHING;
  }
  return claims(values, viewpoint);
}

function claims(values: readonly unknown[], viewpoint: Viewpoint): Formula | undefined {
  const keys = listAt(values[0], 'path').map((step) => textAt(step, 'key') ?? '');
  const [root, ...path] = keys;
  if (values.some((value) => textAt(value, 'filter') !== JWT_FILTER) || root !== PAYLOAD || path.length === 0)
    return undefined;
  const matchers = values.map((value) => stringsOf(at(value).value));
  if (!matchers.every((list) => list !== undefined)) return undefined;
  if (viewpoint.claims === 'hidden') return NOTHING;
  const set = stringSet(matchers.flat(), 'value', viewpoint.pool);
  if (!set) return undefined;
  const found = all([viewpoint.hasToken, ofSet(claimAxis(path), set)]);
  return values.length === 1 && at(values[0]).invert === true ? not(found) : found;
}

/** The string matchers of a value, whether it may be alone or in a list. */
function stringsOf(value: unknown): readonly unknown[] | undefined {
  if (!isObject(value)) return undefined;
  if ('string_match' in value) return [value.string_match];
  if ('list_match' in value) return stringsOf(at(value, 'list_match').one_of);
  if (!('or_match' in value)) return undefined;
  const parts = listAt(value, 'or_match', 'value_matchers').map(stringsOf);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}
