import type { ShadowResult } from '../../../model/observation/access-log.ts';

type Shadow = Omit<ShadowResult, 'count'>;

/**
 * What shadow rules said of a request: `enforced allowed, shadow denied, matched policy ns[foo]-policy[bar]-rule[0]` of Envoy's debug log, or the
 * dynamic metadata `istio_dry_run_{allow,deny}_shadow_…` where a log format prints it.
 *
 * Source: istio.io, Authorization dry run; istio pilot/pkg/security/authz/model (RBACShadowRulesAllowStatPrefix).
 */
export function readShadow(line: string): readonly Shadow[] {
  if (!line.includes('shadow')) return [];
  const [, said, named] = /\bshadow (denied|allowed), matched policy (\S+)/.exec(line) ?? [];
  if (said !== undefined) return [shadowOf(said, named)];
  const found: Shadow[] = [];
  for (const action of ['allow', 'deny']) {
    const field = (name: string): string | undefined =>
      new RegExp(`istio_dry_run_${action}_shadow_${name}"?\\s*[:=]\\s*"?([\\w[\\]-]+)`).exec(line)?.[1];
    const result = field('engine_result');
    if (result === 'allowed' || result === 'denied') found.push(shadowOf(result, field('effective_policy_id')));
  }
  return found;
}

function shadowOf(result: string, named = ''): Shadow {
  const [, namespace, name] = /ns\[([^\]]*)\]-policy\[([^\]]*)\]/.exec(named) ?? [];
  return {
    result: result === 'denied' ? 'denied' : 'allowed',
    ...(namespace === undefined || name === undefined ? {} : { policy: { namespace, name } }),
  };
}
