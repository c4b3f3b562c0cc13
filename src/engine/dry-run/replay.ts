import type { Caller, SeenFlow, SeenOperation } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import { waysThrough } from '../../graph/ways-through.ts';
import { plainBy } from '../../model/by.ts';
import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { DryRun } from '../../result/dry-run.ts';
import type { Request } from '../../result/request.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { answerRequest } from '../answer-request.ts';
import { type KnownOfCall, type Turned, turnedCalls } from './turned-calls.ts';

type Replayed = DryRun['policies'][number]['denies'][number];

/** What becomes of one kind of calls that were seen to pass. */
export interface Outcome {
  readonly kind: 'kept' | 'denied' | 'undecided';
  readonly call: Replayed;
  /** It was told by what access logs show, and not by identity and service alone. */
  readonly byLogs: boolean;
}

const MOST_OPERATIONS = 200;

/**
 * Puts calls that were seen to the mesh as it would be. Metrics name no operation: where none could make a difference they are enough, else
 * access logs have to tell (reference §15.10, §15.11).
 */
export function replay(facts: Facts, after: Enforcement, flow: SeenFlow): readonly Outcome[] {
  if (flow.passed === 0) return [];
  const { from, to } = flow;
  const whole = callOf(facts, flow, undefined);
  if (to.gateway && to.gateway.kind !== 'waypoint') return atGateway(facts, after, flow);
  const peer = peerOf(flow);
  if (peer === undefined) {
    const why =
      'it is not shown who called: pods in the input (kubectl get pods -o yaml) give addresses of logs a name, metrics name identities';
    return [{ kind: 'undecided', call: { ...whole, why }, byLogs: false }];
  }
  const atOnce = decidePorts(facts, after, flow, peer, undefined);
  if (atOnce.kind === 'kept' || atOnce.kind === 'denied') return [outcomeOf(atOnce, whole, from, false)];
  const shown = flow.operations.filter(({ passed }) => passed > 0);
  if (shown.length === 0 || flow.protocol === 'tcp') return [outcomeOf(atOnce, whole, from, false)];
  const known = shown.slice(0, MOST_OPERATIONS).map((operation) => {
    const turned = decidePorts(facts, after, flow, peer, operation);
    return outcomeOf(turned, callOf(facts, flow, operation), from, true);
  });
  const logged = shown.reduce((sum, { passed }) => sum + passed, 0);
  const missing =
    shown.length > MOST_OPERATIONS
      ? `of ${shown.length} different operations, ${MOST_OPERATIONS} were replayed`
      : flow.counted && logged < flow.passed * 0.95
        ? `access logs show ${logged} of ${flow.passed} requests, and it depends on the operation`
        : undefined;
  if (missing === undefined) return known;
  return [...known, { kind: 'undecided', call: { ...whole, why: missing }, byLogs: true }];
}

/** The identity that was seen, null for none; undefined: there was one, and it is not known which. */
function peerOf({ from, security }: SeenFlow): Principal | null | undefined {
  if (security === 'none') return null;
  return from.principal ?? (security === 'unknown' ? (from.workload?.identity ?? undefined) : undefined);
}

type Decided = Turned | { readonly kind: 'given-up' | 'no-port' };

/** The answer of the ports that it may have gone to: one answer for all, or none. */
function decidePorts(
  { enforcement }: Facts,
  after: Enforcement,
  flow: SeenFlow,
  peer: Principal | null,
  operation: SeenOperation | undefined,
): Decided {
  const { to, from, service, protocol } = flow;
  const numbers = operation ? [operation.port] : flow.ports;
  const ports = to.ports.filter(({ port }) => numbers.length === 0 || numbers.includes(port));
  const answers = ports.map((port): Decided => {
    const isWaypoint = from.workload?.gateway?.kind === 'waypoint';
    const through = isWaypoint ? undefined : throughOf(enforcement, to, port, service);
    const call: KnownOfCall = {
      to,
      port,
      peer,
      protocol,
      ...(operation?.method === undefined
        ? {}
        : { operation: { method: operation.method, path: operation.path ?? '/' } }),
      ...(through === undefined ? {} : { through }),
    };
    try {
      return turnedCalls(enforcement, after, call);
    } catch (error) {
      if (error instanceof SearchLimit) return { kind: 'given-up' };
      throw error;
    }
  });
  // What the model refuses today cannot have been the port that was called, where another fits.
  const possible = answers.filter(({ kind }) => kind !== 'refused-today');
  const [first] = possible.length > 0 ? possible : answers;
  if (!first) return { kind: 'no-port' };
  if (possible.every(({ kind }) => kind === first.kind)) return first;
  const turned = possible.find((each) => each.kind === 'denied' || each.kind === 'depends');
  return turned?.kind === 'denied' ? { ...turned, kind: 'depends' } : (turned ?? { kind: 'unsure' });
}

function throughOf(
  enforcement: Enforcement,
  to: Workload,
  port: WorkloadPort,
  service: string | undefined,
): string | undefined {
  if (to.dataPlane.kind !== 'ambient') return undefined;
  const ways = waysThrough(enforcement, port).filter((way) => waypointOf(enforcement, way.service));
  return (ways.find((way) => way.service.id === service) ?? ways[0])?.service.id;
}

function outcomeOf(decided: Decided, call: Replayed, from: Caller, byLogs: boolean): Outcome {
  switch (decided.kind) {
    case 'kept':
      return { kind: 'kept', call, byLogs };
    case 'denied':
    case 'depends': {
      const { witness, verdict } = decided;
      const what =
        call.operation === undefined ? 'on the operation, which metrics do not name' : 'on what logs do not show';
      const why =
        decided.kind === 'denied'
          ? verdict.reason
          : `it depends ${what} (a token, a header, an address): ${verdict.reason}`;
      const by = verdict.by && plainBy(verdict.by);
      return { kind: decided.kind === 'denied' ? 'denied' : 'undecided', call: { ...call, witness, by, why }, byLogs };
    }
    case 'refused-today':
      return undecided(
        call,
        byLogs,
        `seen to pass${from.principal === undefined ? '' : ' with that identity'}, and the model refuses it today as well: the input is not what the cluster enforces`,
      );
    case 'unsure':
      return undecided(call, byLogs, 'what the input leaves open decides it');
    case 'no-port':
      return undecided(call, byLogs, 'the workload has no such port in the input');
    case 'given-up':
      return undecided(call, byLogs, 'the policies are too large to search');
  }
}

const undecided = (call: Replayed, byLogs: boolean, why: string): Outcome => ({
  kind: 'undecided',
  call: { ...call, why },
  byLogs,
});

/** Requests from outside, one by one: routes come first there. */
function atGateway(facts: Facts, after: Enforcement, flow: SeenFlow): readonly Outcome[] {
  return flow.operations
    .filter(({ passed, method }) => passed > 0 && method !== undefined)
    .slice(0, MOST_OPERATIONS)
    .map((operation): Outcome => {
      const call = callOf(facts, flow, operation);
      const request: Request = {
        from: { internet: true },
        to: { gateway: flow.to.id, port: operation.port },
        http: {
          method: operation.method ?? 'GET',
          path: operation.path ?? '/',
          ...(operation.host === undefined ? {} : { host: operation.host }),
        },
      };
      const [before, later] = [facts.enforcement, after].map((state) => {
        const answered = answerRequest(state, request);
        return 'error' in answered ? undefined : answered.decisive.verdict;
      });
      if (before?.outcome === 'allow' && later?.outcome === 'allow') return { kind: 'kept', call, byLogs: true };
      if (before?.outcome !== 'allow' || later?.outcome !== 'deny')
        return undecided(
          call,
          true,
          'as it was logged, without a token or headers, the model does not let it pass today',
        );
      const by = later.by && plainBy(later.by);
      return {
        kind: 'undecided',
        call: {
          ...call,
          witness: request,
          by,
          why: `without what logs do not show (a token, headers): ${later.reason}`,
        },
        byLogs: true,
      };
    });
}

function callOf({ wanted }: Pick<Facts, 'wanted'>, flow: SeenFlow, operation: SeenOperation | undefined): Replayed {
  const { passed, days } = operation ?? flow;
  const last = days.at(-1);
  const port = operation?.port ?? (flow.ports.length === 1 ? flow.ports[0] : undefined);
  const basis = wanted
    .to(flow.to)
    .find((each) => each.from === flow.from.workload?.id && (each.port === undefined || each.port === port))?.basis;
  return {
    from: flow.from.name,
    to: flow.to.id,
    ...(port === undefined ? {} : { port }),
    ...(operation?.method === undefined ? {} : { operation: `${operation.method} ${operation.path ?? '/'}` }),
    seen: passed,
    days: days.length,
    ...(last === undefined ? {} : { last }),
    wanted: basis ?? 'not stated',
    witness: null,
    by: null,
    why: '',
    at: operation ? { file: operation.file, line: operation.line } : { file: flow.files[0] ?? '' },
  };
}
