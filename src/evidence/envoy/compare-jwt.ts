import type { JwtRule } from '../../model/istio/request-authentication.ts';
import type { JwtProvider } from '../../semantics/jwt/authenticate.ts';

/** The JWT rules that only one side has, in words; also where they differ in what a token must be. Their order does not count. */
export function compareJwt(configured: readonly JwtProvider[], loaded: readonly JwtRule[]): readonly string[] {
  const wanted = configured.map(({ rule }) => formOf(rule));
  const held = loaded.map(formOf);
  return [
    ...without(wanted, held).map((form) => `only the configuration has the JWT rule ${form}`),
    ...without(held, wanted).map((form) => `only the proxy has the JWT rule ${form}`),
  ];
}

function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((form) => {
    const at = left.indexOf(form);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What decides: issuer, audiences, where tokens are looked for, whether they go on. Keys are no part of it. */
function formOf(rule: JwtRule): string {
  const parts = [
    rule.issuer === undefined || rule.issuer === '' ? 'of any issuer' : `of issuer ${rule.issuer}`,
    ...(rule.audiences?.length ? [`for ${[...rule.audiences].sort().join(', ')}`] : []),
    ...(rule.fromHeaders ?? [])
      .map(({ name = '', prefix = '' }) => `in header ${name} after ${JSON.stringify(prefix)}`)
      .sort(),
    ...(rule.fromParams ?? []).map((name) => `in parameter ${name}`).sort(),
    ...(rule.fromCookies ?? []).map((name) => `in cookie ${name}`).sort(),
    ...(rule.forwardOriginalToken ? ['forwarded'] : []),
  ];
  return parts.join(', ');
}
