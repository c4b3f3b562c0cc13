import { appQuery, concretePath } from '../graph/app-query.ts';
import type { Facts, Flow } from '../graph/facts.ts';
import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query } from '../semantics/query.ts';

/** Wanted traffic, decided before and after a change. */
export interface FlowCheck {
  /** Flows that pass today. */
  readonly of: number;
  /** Of these, how many pass after the change. */
  readonly kept: number;
  readonly broken: readonly string[];
}

const MOST = 500;

/**
 * Asks for every wanted flow to these workloads whether it passes today and after the change, at most 500 of them. With `token`, callers send
 * one after the change.
 */
export function checkFlows(
  facts: Facts,
  after: Enforcement,
  workloads: readonly Workload[],
  token?: NonNullable<Query['token']>,
): FlowCheck {
  const broken: string[] = [];
  let of = 0;
  const questions = workloads.flatMap((to) => facts.wanted.to(to).flatMap((flow) => questionsOf(facts, flow, to)));
  for (const { query, text } of questions.slice(0, MOST)) {
    if (decide(facts.enforcement, query).outcome !== 'allow') continue;
    of++;
    if (decide(after, token ? { ...query, token } : query).outcome !== 'allow') broken.push(text);
  }
  return { of, kept: of - broken.length, broken };
}

/** `keeps 6 of 6 wanted flows`, or that there is none to check. */
export function describeCheck({ of, kept }: FlowCheck): string {
  return of === 0
    ? 'no wanted flow to it is known that could be checked'
    : `decided again on the model: ${kept} of ${of} wanted flows still pass`;
}

/** Whether a caller gets in with what it is known to send. */
export function isAdmitted(enforcement: Enforcement, caller: Sender, to: Workload, ports: readonly number[]): boolean {
  const asked = to.ports.filter(({ port }) => ports.includes(port));
  return asked.every(
    (port) => decide(enforcement, queryOf(enforcement, caller, caller.from, to, port)).outcome === 'allow',
  );
}

interface Sender {
  readonly from: Workload;
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}

/** A wanted flow as requests of its sender's app, one per port; none where the sender is outside or not in the mesh. */
export function questionsOf(
  { mesh, enforcement }: Pick<Facts, 'mesh' | 'enforcement'>,
  flow: Flow,
  to: Workload,
): readonly { readonly query: Query; readonly text: string }[] {
  const from = flow.from === 'internet' ? undefined : mesh.workloadById.get(flow.from);
  if (!from || from === to) return [];
  const ports = to.ports.filter(({ port }) => flow.port === undefined || flow.port === port);
  return ports.map((port) => ({
    query: queryOf(enforcement, flow, from, to, port),
    text: `${from.id} → ${to.id}:${port.port} (${flow.basis})`,
  }));
}

function queryOf(
  enforcement: Enforcement,
  { methods, paths }: Omit<Sender, 'from'>,
  from: Workload,
  to: Workload,
  port: WorkloadPort,
): Query {
  const http =
    port.chain === 'tcp' ? undefined : { method: methods?.[0] ?? 'GET', path: concretePath(paths?.[0] ?? '/') };
  return appQuery(enforcement, from, to, port, http);
}
