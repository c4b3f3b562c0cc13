import type { Principal } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { ClientTls } from '../../result/request.ts';
import type { Query } from '../query.ts';
import type { Requirement, TraceStep, Verdict } from '../verdict.ts';
import type { FoundBackends, GatewayBackend } from './backend.ts';

export type GatewayQuery = Query & { readonly tls?: ClientTls };

/** The gateway's own decision. Whoever asks goes on at the backends, with the gateway's identity or the client's. */
export interface GatewayVerdict extends Verdict {
  /** Where the request goes when it is allowed; empty otherwise. */
  readonly backends: readonly GatewayBackend[];
}

/** What the steps at one gateway have come to so far. */
export interface Progress {
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
  readonly trace: readonly TraceStep[];
}

/** What is known of a connection once its handshake is done. */
export interface Arrived {
  readonly peer: Principal | null;
  /** Lower case; empty without TLS. */
  readonly sni: string;
  readonly isTls: boolean;
  /** What the client showed. */
  readonly certificate?: ClientTls['clientCert'];
}

/** The last step: the destinations of the route that was chosen. */
export function reach(
  { backends, missing, assumes }: FoundBackends,
  by: By | null,
  progress: Progress,
): GatewayVerdict {
  const first = backends.find(({ mirrored }) => !mirrored);
  if (!first) {
    const reason = `the route leads nowhere: ${missing.join('; ') || 'it has no destination'}`;
    return finish('deny', by, reason, { ...progress, trace: [...progress.trace, step('route', 'stop', reason, by)] });
  }
  const reason = `routed to ${backends.map(({ label, mirrored }) => (mirrored ? `${label} (copy)` : label)).join(', ')}`;
  const empty =
    first.workloads.length === 0 && !first.external
      ? [`\`${first.label}\` has endpoints, though none is in the input`]
      : [];
  const lost = missing.map((why) => `the request is not one that goes nowhere: ${why}`);
  return {
    ...finish('allow', by, reason, {
      requires: progress.requires,
      assumes: [...progress.assumes, ...assumes, ...empty, ...lost],
      trace: [...progress.trace, step('route', 'pass', reason, by)],
    }),
    routed: first.label,
    backends,
  };
}

export function advance(
  progress: Progress,
  decision: Omit<Progress, 'trace'> & { readonly steps: readonly TraceStep[] },
): Progress {
  return {
    requires: [...progress.requires, ...decision.requires],
    assumes: [...progress.assumes, ...decision.assumes],
    trace: [...progress.trace, ...decision.steps],
  };
}

export function finish(outcome: Verdict['outcome'], by: By | null, reason: string, progress: Progress): GatewayVerdict {
  return { outcome, by, reason, point: 'gateway', backends: [], ...progress };
}

export function step(stage: TraceStep['stage'], outcome: TraceStep['outcome'], text: string, by: By | null): TraceStep {
  const plain = { point: 'gateway', stage, outcome, text } as const;
  return by ? { ...plain, by } : plain;
}

export function refuse(reason: string, by: By | null, stage: TraceStep['stage']): GatewayVerdict {
  return finish('deny', by, reason, { requires: [], assumes: [], trace: [step(stage, 'stop', reason, by)] });
}
