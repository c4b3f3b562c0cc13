import type { Refusal } from '../refusal.ts';
import { checkDryRun } from './validate-dry-run.ts';
import type { VirtualService } from './virtual-service.ts';

/** Of what Istio's webhook refuses, what decides whether routes exist at all (I:pkg/config/validation/validation.go, ValidateVirtualService). */
export function* checkVirtualService(service: VirtualService): Iterable<Refusal> {
  yield* checkDryRun(service);
  const { hosts = [], gateways = [], http = [], tls = [], tcp = [], exportTo = [] } = service.spec;
  if (hosts.length === 0) {
    for (const [field, list] of Object.entries({ gateways, tls, tcp })) {
      if (list.length === 0) continue;
      const help = 'without `hosts` it is a delegate, which has `http` only; add `hosts` if it is none';
      yield { path: ['spec', field], reason: `a delegate has \`${field}\``, help };
    }
  }
  if (http.length + tls.length + tcp.length === 0) {
    yield { path: ['spec'], reason: 'it has no routes', help: 'add `http`, `tls` or `tcp`' };
  }
  for (const [index, host] of hosts.entries()) {
    const other = hosts.slice(0, index).find((earlier) => overlaps(earlier.toLowerCase(), host.toLowerCase()));
    if (other === undefined) continue;
    const help = 'remove the narrower one';
    yield { path: ['spec', 'hosts', index], reason: `the hosts \`${other}\` and \`${host}\` overlap`, help };
  }
  const nowhere = exportTo.indexOf('~');
  if (nowhere >= 0) {
    yield {
      path: ['spec', 'exportTo', nowhere],
      reason: '`exportTo: ~` is not for a VirtualService',
      help: 'write `.` for its own namespace',
    };
  }
}

/** Whether some host name matches both patterns; `*` may only stand in front. */
function overlaps(a: string, b: string): boolean {
  const [wildA, wildB] = [a.startsWith('*'), b.startsWith('*')];
  const [tailA, tailB] = [wildA ? a.slice(1) : a, wildB ? b.slice(1) : b];
  if (wildA && wildB) return tailA.endsWith(tailB) || tailB.endsWith(tailA);
  if (wildA) return b.endsWith(tailA);
  if (wildB) return a.endsWith(tailB);
  return a === b;
}
