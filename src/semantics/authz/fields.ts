import type { AuthorizationOperation, AuthorizationSource } from '../../model/istio/authorization-policy.ts';
import { withoutQuery } from '../http/normalize-path.ts';
import { addressMatcher } from './address.ts';
import { claimMatcher, requestPrincipalMatcher } from './claims.ts';
import { namespaceMatcher, principalMatcher, serviceAccountMatcher, trustDomainMatcher } from './identity.ts';
import { isPathTemplate, pathTemplateMatcher } from './path-template.ts';
import type { TrustBundle } from './trust-domain.ts';
import { type Change, hasChange } from '../versions.ts';
import { caselessMatcher, valueMatcher } from './value-matcher.ts';
import type { Truth, View } from './view.ts';

export interface FieldContext {
  readonly bundle: TrustBundle;
  readonly policyNamespace: string;
  /** Istio's; absent: the one that was recorded. */
  readonly version?: string | undefined;
}

/** A test of one value of one field; undefined where istiod refuses the value (bad address, port, template). */
export type FieldTest = (view: View) => Truth;

export interface Field {
  /** Exists on HTTP chains only: deletes an ALLOW rule, or is deleted from a DENY rule, on TCP (reference §2.8). */
  readonly httpOnly: boolean;
  /** From which release on values are read as they are today, and how they were before. */
  readonly young?: { readonly since: Change; readonly before: 'any-dots' | 'plain-paths' };
  /** Cannot be stated by a request as long as the address is unknown. */
  readonly needs?: 'sourceIp' | 'remoteIp' | 'destinationIp';
  readonly compile: (value: string, context: FieldContext) => FieldTest | undefined;
}

const ofPeer = (
  make: (value: string, context: FieldContext) => (peer: string) => boolean,
  quotedSince?: Change,
): Field => ({
  httpOnly: false,
  ...(quotedSince ? { young: { since: quotedSince, before: 'any-dots' } } : {}),
  compile(value, context) {
    const matches = make(value, context);
    return (view) => view.peer !== null && matches(view.peer);
  },
});

const ofAddress = (which: 'sourceIp' | 'remoteIp' | 'destinationIp'): Field => ({
  httpOnly: false,
  needs: which,
  compile(value) {
    const matches = addressMatcher(value);
    return matches && ((view) => (view[which] === undefined ? undefined : matches(view[which])));
  },
});

const ofClaim = (path: readonly string[]): Field => ({
  httpOnly: true,
  compile(value) {
    const matches = claimMatcher(path, value);
    return (view) => view.claims !== undefined && matches(view.claims);
  },
});

const principals = ofPeer(
  (value, { bundle, version }) => principalMatcher(value, bundle, hasChange('quoted-identities', version)),
  'quoted-identities',
);
const namespaces = ofPeer(
  (value, { version }) => namespaceMatcher(value, hasChange('quoted-identities', version)),
  'quoted-identities',
);
const serviceAccounts = ofPeer(
  (value, { policyNamespace, version }) =>
    serviceAccountMatcher(value, policyNamespace, hasChange('quoted-service-accounts', version)),
  'quoted-service-accounts',
);
const trustDomains = ofPeer((value, { bundle }) => trustDomainMatcher(value, bundle));

const requestPrincipals: Field = {
  httpOnly: true,
  compile(value) {
    const matches = requestPrincipalMatcher(value);
    return (view) => view.claims !== undefined && matches(view.claims);
  },
};

const ports: Field = {
  httpOnly: false,
  compile(value) {
    const port = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return port >= 0 && port <= 65535 ? (view) => view.port === port : undefined;
  },
};

const hosts: Field = {
  httpOnly: true,
  compile(value) {
    const matches = caselessMatcher(value);
    return (view) => view.http !== undefined && matches(view.http.authority);
  },
};

const methods: Field = {
  httpOnly: true,
  compile(value) {
    const matches = valueMatcher(value, 'any');
    return (view) => view.http !== undefined && matches(view.http.method);
  },
};

const paths: Field = {
  httpOnly: true,
  young: { since: 'path-templates', before: 'plain-paths' },
  compile(value, { version }) {
    const matches =
      isPathTemplate(value) && hasChange('path-templates', version) ? pathTemplateMatcher(value) : valueMatcher(value);
    return matches && ((view) => view.http !== undefined && matches(withoutQuery(view.http.path)));
  },
};

const sni: Field = {
  httpOnly: false,
  compile(value) {
    const matches = valueMatcher(value);
    return (view) => matches(view.sni);
  },
};

/** A header, or a pseudo header; repeated lines are compared one by one (reference §14). */
function header(name: string): Field {
  const wanted = name.toLowerCase();
  return {
    httpOnly: true,
    compile(value) {
      const matches = valueMatcher(value, 'any');
      if (wanted === ':path') return (view) => view.http !== undefined && matches(view.http.path);
      if (wanted === ':method') return (view) => view.http !== undefined && matches(view.http.method);
      if (wanted === ':authority' || wanted === 'host')
        return (view) => view.http !== undefined && matches(view.http.authority);
      return (view) => view.http?.headers.some(([key, text]) => key.toLowerCase() === wanted && matches(text)) ?? false;
    },
  };
}

/** Dynamic metadata of another filter: absent unless something writes it. */
const filterMetadata: Field = { httpOnly: false, compile: () => () => false };

/** The fields of `from[].source`, by the name of the positive one. */
export const SOURCE_FIELDS = {
  principals,
  requestPrincipals,
  namespaces,
  serviceAccounts,
  trustDomains,
  ipBlocks: ofAddress('sourceIp'),
  remoteIpBlocks: ofAddress('remoteIp'),
} satisfies Partial<Record<keyof AuthorizationSource, Field>>;

/** The fields of `to[].operation`. */
export const OPERATION_FIELDS = { hosts, ports, methods, paths } satisfies Partial<
  Record<keyof AuthorizationOperation, Field>
>;

const CONDITION_FIELDS: Readonly<Record<string, Field>> = {
  'source.ip': ofAddress('sourceIp'),
  'remote.ip': ofAddress('remoteIp'),
  'source.namespace': namespaces,
  'source.principal': principals,
  'source.serviceAccount': serviceAccounts,
  'source.trustDomain': trustDomains,
  'request.auth.principal': requestPrincipals,
  'request.auth.audiences': ofClaim(['aud']),
  'request.auth.presenter': ofClaim(['azp']),
  'destination.ip': ofAddress('destinationIp'),
  'destination.port': ports,
  'connection.sni': sni,
};

/** Fields and keys that older releases do not know. */
const YOUNG_FIELDS: Readonly<Record<string, Change>> = {
  serviceAccounts: 'service-accounts',
  trustDomains: 'trust-domains',
  'source.serviceAccount': 'service-accounts',
  'source.trustDomain': 'trust-domains',
};

/** The API server drops a field that its schema does not have yet. */
export const isDropped = (field: string, version?: string): boolean => {
  const change = Object.hasOwn(YOUNG_FIELDS, field) ? YOUNG_FIELDS[field] : undefined;
  return change !== undefined && !hasChange(change, version);
};

/**
 * The field of a `when` key. `unknown`: istiod skips the whole rule, whatever the action. `malformed`: the key is taken by its prefix but
 * its bracket is broken, which counts as a bad value (reference §2.4, §14).
 *
 * Source: istio pilot/pkg/security/authz/model/model.go (New).
 */
export function conditionField(key: string, version?: string): Field | 'unknown' | 'malformed' {
  if (isDropped(key, version)) return 'unknown';
  const plain = Object.hasOwn(CONDITION_FIELDS, key) ? CONDITION_FIELDS[key] : undefined;
  if (plain) return plain;
  if (key.startsWith('request.headers')) {
    const name = insideBrackets(key.slice('request.headers'.length));
    return name === undefined ? 'malformed' : header(name);
  }
  if (key.startsWith('request.auth.claims')) {
    const path = nestedBrackets(key.slice('request.auth.claims'.length));
    return path ? ofClaim(path) : 'malformed';
  }
  if (key.startsWith('experimental.envoy.filters.')) return filterMetadata;
  return 'unknown';
}

/** `[a]` without its brackets. */
export const insideBrackets = (text: string): string | undefined => /^\[(.*)\]$/s.exec(text)?.[1];

/** `[a][b]`; what is not nested cleanly counts as one name, brackets and all (model/util.go, extractNameInNestedBrackets). */
export function nestedBrackets(text: string): readonly string[] | undefined {
  if (/^(\[[^[\]]*\])+$/.test(text)) return text.slice(1, -1).split('][');
  const name = insideBrackets(text);
  return name === undefined ? undefined : [name];
}
