import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type Exit, egressFacts } from '../egress.ts';
import type { Facts } from '../facts.ts';
import { isInjected } from './istio-container.ts';
import { podSpecOf, podSpecPath } from './pod-spec.ts';

/** A way past a workload's own proxy: what the proxy alone would stop (REGISTRY_ONLY, Sidecar, egress routes) does not stop this. */
export interface ProxyEscape extends Omit<Exit, 'kind'> {
  readonly kind: Exit['kind'] | 'proxy-gid' | 'changes-user' | 'raw-sockets';
}

const PROXY_ID = 1337;

/** The plainest first; empty: nothing known leads past it. UDP is no way past what governs TCP, and left out. */
export function escapesProxy(facts: Facts, workload: Workload): readonly ProxyEscape[] {
  const exits: readonly ProxyEscape[] = egressFacts(facts)
    .exitsOf(workload)
    .filter(({ kind }) => kind !== 'udp');
  if (workload.dataPlane.kind !== 'sidecar' || workload.hostNetwork) return exits;
  return [...exits, ...byItsUser(workload)].sort((a, b) => Number(b.plain) - Number(a.plain));
}

/** Source: istio tools/istio-iptables/pkg/capture/run.go (proxy uid and gid return before the redirection); reference §5.3. */
function* byItsUser(workload: Workload): Iterable<ProxyEscape> {
  const spec = podSpecOf(workload);
  for (const [index, { name = '', securityContext }] of (spec.containers ?? []).entries()) {
    if (isInjected(name)) continue;
    const at = (field: string) =>
      byOf(workload.resource, {
        path: podSpecPath(workload, 'containers', index, 'securityContext', field),
        clause: `securityContext.${field}`,
      });
    const { add = [], drop = [] } = securityContext?.capabilities ?? {};
    const group = securityContext?.runAsGroup ?? spec.securityContext?.runAsGroup;
    const user = securityContext?.runAsUser ?? spec.securityContext?.runAsUser;
    if (group === PROXY_ID)
      yield {
        kind: 'proxy-gid',
        why: `container ${name} runs as gid 1337, whose traffic is never redirected`,
        by: at('runAsGroup'),
        plain: true,
      };
    // Container runtimes leave SETUID to root unless it is dropped.
    if (user === 0 && !drop.some((each) => ['ALL', 'SETUID', 'CAP_SETUID'].includes(each)))
      yield {
        kind: 'changes-user',
        why: `container ${name} runs as root and may become uid 1337, whose traffic is never redirected`,
        by: at('runAsUser'),
        plain: false,
      };
    if (add.some((each) => each.replace(/^CAP_/, '') === 'NET_RAW'))
      yield {
        kind: 'raw-sockets',
        why: `container ${name} adds NET_RAW and sends packets that no redirection sees`,
        by: at('capabilities'),
        plain: false,
      };
  }
}
