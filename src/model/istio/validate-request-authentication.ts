import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';
import { isObject } from '../shape.ts';
import type { JwtRule, RequestAuthentication } from './request-authentication.ts';
import { checkDryRun } from './validate-dry-run.ts';
import { checkTarget } from './validate-target.ts';
import { checkNoneEmpty } from './validate-values.ts';

const HEADER_NAME = /^[-_A-Za-z0-9]+$/;
const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/** Why Istio's webhook refuses it (I:pkg/config/validation/validation.go, ValidateRequestAuthentication). */
export function* checkRequestAuthentication(policy: RequestAuthentication): Iterable<Refusal> {
  yield* checkDryRun(policy);
  yield* checkTarget(policy.spec);
  for (const [index, rule] of (policy.spec.jwtRules ?? []).entries())
    yield* checkJwtRule(rule, ['spec', 'jwtRules', index]);
}

function* checkJwtRule(rule: JwtRule, path: Path): Iterable<Refusal> {
  const jwksUri = rule.jwksUri ?? rule.jwks_uri;
  if (!rule.issuer && !jwksUri) {
    yield { path, reason: 'a rule has neither `issuer` nor `jwksUri`', help: 'name the issuer of the tokens' };
  }
  if (jwksUri && !/^https?:\/\/[^/]/i.test(jwksUri)) {
    yield {
      path: [...path, 'jwksUri'],
      reason: `\`${jwksUri}\` is no http or https address`,
      help: 'write a full URL',
    };
  }
  if (rule.jwks && jwksUri) {
    yield { path: [...path, 'jwks'], reason: 'a rule has both `jwks` and `jwksUri`', help: 'keep one of them' };
  }
  if (rule.jwks && !isKeySet(rule.jwks)) {
    yield { path: [...path, 'jwks'], reason: '`jwks` is no JSON web key set', help: 'write `{"keys": […]}`' };
  }
  for (const field of ['audiences', 'fromParams', 'fromCookies'] as const) {
    yield* checkNoneEmpty(rule[field] ?? [], [...path, field]);
  }
  for (const [index, { name }] of (rule.fromHeaders ?? []).entries()) {
    if (!name)
      yield {
        path: [...path, 'fromHeaders', index],
        reason: 'an entry of `fromHeaders` has no `name`',
        help: 'name the header',
      };
  }
  for (const [index, { header, claim }] of (rule.outputClaimToHeaders ?? []).entries()) {
    if (header && claim && HEADER_NAME.test(header)) continue;
    const reason = 'an entry of `outputClaimToHeaders` lacks a claim or a valid header name';
    yield { path: [...path, 'outputClaimToHeaders', index], reason, help: 'give both `header` and `claim`' };
  }
  if (rule.timeout && !DURATION.test(rule.timeout)) {
    yield { path: [...path, 'timeout'], reason: `\`${rule.timeout}\` is no duration`, help: 'write it as `5s`' };
  }
}

/** A text that is not even meant as JSON is a placeholder that some renderer left. */
function isKeySet(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return true;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && (Array.isArray(value.keys) || typeof value.kty === 'string');
  } catch {
    return false;
  }
}
