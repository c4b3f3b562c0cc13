import type { Diagnostic } from '../../../result/diagnostic.ts';
import { DiagnosticLog } from '../../diagnostic-log.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../istio/authorization-policy.ts';
import type { Path } from '../../resource.ts';
import type { Resources } from '../../resources.ts';
import { readGatewayClasses } from './classes.ts';

const HELP =
  'name the clients by `principals`, `namespaces` or `serviceAccounts`; `remoteIpBlocks` sees their address, but a client may forge it with X-Forwarded-For';

/**
 * Conditions on the direct peer in policies of waypoints, which mean nothing there: all that reaches a waypoint comes out of a tunnel, and what its
 * policies see as the direct peer is Envoy itself, which no block holds (recorded in conformance/ways).
 */
export function findTunnelledAddresses(resources: Resources): readonly Diagnostic[] {
  const log = new DiagnosticLog();
  for (const policy of resources.of('AuthorizationPolicy')) {
    const waypoint = targetAt(policy, resources);
    if (!waypoint) continue;
    const { action = 'ALLOW', rules = [] } = policy.spec;
    for (const { path, field, negated, whole } of rules.flatMap(conditionsOf)) {
      const what = negated ? 'is always true' : 'never matches';
      const message = `\`${field}\` ${what} at a waypoint, where this policy applies through \`${waypoint}\`: ${effectOf(action, negated, whole)}`;
      log.add('warning', policy.origin, path, message, HELP);
    }
  }
  return log.list();
}

/** The target by which a policy acts at a waypoint, if it does. */
function targetAt({ spec, namespace, cluster }: AuthorizationPolicy, resources: Resources): string | undefined {
  const classOf = readGatewayClasses(resources);
  const targets = [...(spec.targetRef ? [spec.targetRef] : []), ...(spec.targetRefs ?? [])];
  const found = targets.find(({ kind, name = '' }) => {
    if (kind === 'Service' || kind === 'ServiceEntry' || kind === 'GatewayClass') return true;
    const gateway = kind === 'Gateway' ? resources.find('KubernetesGateway', namespace, name, cluster) : undefined;
    return gateway !== undefined && classOf(gateway.spec.gatewayClassName ?? '', cluster)?.kind === 'waypoint';
  });
  return found && `${found.kind} ${found.name ?? ''}`;
}

interface AddressCondition {
  readonly path: Path;
  readonly field: string;
  readonly negated: boolean;
  /** It stands for the whole rule, not for one entry of `from`. */
  readonly whole: boolean;
}

function conditionsOf({ from = [], when = [] }: AuthorizationRule, index: number): readonly AddressCondition[] {
  const found: AddressCondition[] = [];
  const rule: Path = ['spec', 'rules', index];
  for (const [i, { source = {} }] of from.entries()) {
    const add = (field: 'ipBlocks' | 'notIpBlocks', negated: boolean): void => {
      if (!source[field]?.length) return;
      found.push({ path: [...rule, 'from', i, 'source', field], field, negated, whole: from.length === 1 });
    };
    add('ipBlocks', false);
    add('notIpBlocks', true);
  }
  for (const [i, { key, values, notValues }] of when.entries()) {
    if (key !== 'source.ip') continue;
    if (values?.length) found.push({ path: [...rule, 'when', i, 'key'], field: key, negated: false, whole: true });
    if (notValues?.length) found.push({ path: [...rule, 'when', i, 'key'], field: key, negated: true, whole: true });
  }
  return found;
}

function effectOf(action: string, negated: boolean, whole: boolean): string {
  const what = whole ? 'the rule' : 'this entry of `from`';
  if (negated) return `${what} holds for clients at any address`;
  return action === 'ALLOW'
    ? `${what} admits nobody`
    : action === 'DENY'
      ? `${what} refuses nobody`
      : `${what} takes no request`;
}
