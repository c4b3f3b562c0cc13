import type { Refusal } from '../refusal.ts';
import type { PeerAuthentication } from './peer-authentication.ts';
import { checkDryRun } from './validate-dry-run.ts';
import { checkSelector } from './validate-target.ts';

/** Why Istio's webhook refuses the policy (reference §1.1; I:pkg/config/validation/validation.go, ValidatePeerAuthentication). */
export function* checkPeerAuthentication(policy: PeerAuthentication): Iterable<Refusal> {
  yield* checkDryRun(policy);
  const { selector, portLevelMtls } = policy.spec;
  yield* checkSelector(selector);
  if (!portLevelMtls) return;
  const path = ['spec', 'portLevelMtls'];
  const ports = Object.keys(portLevelMtls);
  if (ports.length === 0) yield { path, reason: '`portLevelMtls` is empty', help: 'remove it' };
  else if (Object.keys(selector?.matchLabels ?? {}).length === 0) {
    const help = 'ports belong to workloads: add `selector.matchLabels`; without, the ports are ignored';
    yield { path, reason: '`portLevelMtls` without a selector', help };
  }
  for (const port of ports) {
    if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) continue;
    yield {
      path: [...path, port],
      reason: `\`${port}\` is no port number`,
      help: "write the number of the workload's own port",
    };
  }
}
