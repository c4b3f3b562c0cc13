import type { Facts } from '../graph/facts.ts';
import { plaintextCallers } from '../graph/plaintext-callers.ts';
import type { Workload, WorkloadId } from '../model/inventory/types.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';

/** The API server, which calls webhooks without any identity of the mesh (reference §15.12). */
export interface WebhookCall {
  readonly to: WorkloadId;
  readonly port: number;
  readonly why: string;
}

/** The calls of the API server to the webhooks among some workloads. */
export function webhookCallsTo(facts: Facts, workloads: readonly Workload[]): readonly WebhookCall[] {
  return plaintextCallers(facts, workloads).flatMap(({ caller, workload, port, why }) =>
    caller === 'kube-apiserver' && port !== undefined ? [{ to: workload, port, why }] : [],
  );
}

/** Whether such a call gets through: TLS of its own, in which no proxy sees a certificate of the mesh. */
export function passesWebhook(enforcement: Enforcement, { to, port }: WebhookCall): boolean {
  const workload = enforcement.mesh.workloadById.get(to);
  if (!workload) return false;
  return (
    decide(enforcement, {
      client: 'attacker',
      source: { position: { kind: 'node-network', sameNode: false }, identity: null, connects: 'plaintext' },
      destination: { workload, port },
      transport: 'TCP',
    }).outcome === 'allow'
  );
}
