import { isRouter } from '../../model/inventory/is-router.ts';
import type { Entrance, Facts } from '../../graph/facts.ts';
import { destinationClasses } from '../../graph/reach/classes.ts';
import { portReach } from '../../graph/reach/port-reach.ts';
import { positionsOf } from '../../graph/reach/positions.ts';
import { routeReach } from '../../graph/reach/route-reach.ts';
import { reachFrom } from '../../graph/reach/reach-from.ts';
import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Reach } from '../../result/reach.ts';
import { decidedResult, entranceResult, operationResult, reachedResult, sourceResult } from './describe.ts';

export interface ReachQuestion {
  readonly from?: Workload | 'internet';
  readonly to?: { readonly workload: Workload; readonly port?: number };
}

/** Who may send what to whom: to a workload, from a workload, or of every class of destinations. */
export function reach(facts: Facts, { from, to }: ReachQuestion): Reach {
  if (from !== undefined) return { from: fromResult(facts, from, to) };
  if (!to) return { classes: classesResult(facts) };
  return { to: portsOf(to).map((port) => toResult(facts, to.workload, port)) };
}

const portsOf = ({ workload, port }: NonNullable<ReachQuestion['to']>): readonly WorkloadPort[] =>
  workload.ports.filter((own) => port === undefined || own.port === port);

function toResult(facts: Facts, workload: Workload, port: WorkloadPort): NonNullable<Reach['to']>[number] {
  const { enforcement, mesh } = facts;
  const { mtls } = facts.ports(workload).find((each) => each.port === port) ?? { mtls: { mode: 'none' as const } };
  const sources = isRouter(workload)
    ? []
    : portReach(enforcement, workload, port).map((each) => sourceResult(mesh, each));
  const { anyPod, exceptions, by } = positionsOf(
    enforcement,
    workload,
    port,
    mtls.mode === 'STRICT' ? 'mtls' : 'plaintext',
  );
  return {
    workload: workload.id,
    port: port.port,
    protocol: port.protocol,
    mtls: mtls.mode,
    sources,
    network: { anyPod, exceptions: [...exceptions], by: [...by] },
    entrances: facts.entrances
      .of(workload, port.port)
      .filter(({ verdict }) => verdict.outcome !== 'deny')
      .map((entrance) =>
        entranceResult(entrance, entrance.gateway ? routeReach(enforcement, entrance, workload, port.port) : undefined),
      ),
  };
}

function fromResult(facts: Facts, from: Workload | 'internet', to: ReachQuestion['to']): NonNullable<Reach['from']> {
  const isAsked = (workload: Workload, port: number): boolean =>
    !to || (workload === to.workload && (to.port === undefined || port === to.port));
  const reaches =
    from === 'internet'
      ? facts.mesh.workloads.flatMap((workload) => internetReach(facts, workload))
      : reachFrom(facts.enforcement, from).map(reachedResult);
  const asked = new Set(
    facts.mesh.workloads.flatMap((workload) =>
      workload === from
        ? []
        : workload.ports.filter(({ port }) => isAsked(workload, port)).map(({ port }) => `${workload.id}:${port}`),
    ),
  );
  const listed = reaches.filter(({ workload, port }) => asked.has(`${workload}:${port}`));
  const reached = new Set(listed.map(({ workload, port }) => `${workload}:${port}`));
  return {
    source: from === 'internet' ? 'internet' : from.id,
    reaches: listed,
    refused: asked.size - reached.size,
  };
}

function internetReach(facts: Facts, workload: Workload): NonNullable<Reach['from']>['reaches'] {
  return workload.ports.flatMap(({ port }) =>
    facts.entrances
      .of(workload, port)
      .filter(({ entry, verdict }) => entry === 'internet' && verdict.outcome !== 'deny')
      .map((entrance) => ({
        workload: workload.id,
        port,
        as: 'internet' as const,
        protocol: entrance.request.http ? ('http' as const) : ('tcp' as const),
        ...(entrance.gateway ? { through: entrance.gateway.id } : {}),
        may: internetMay(facts, workload, port, entrance),
        ...decidedResult(entrance.verdict),
        witness: entrance.request,
      })),
  );
}

/** By a route: its hosts and what takes it, then what rules of the destination let in. */
function internetMay(
  { enforcement }: Facts,
  workload: Workload,
  port: number,
  entrance: Entrance,
): NonNullable<Reach['from']>['reaches'][number]['may'] {
  const set = entrance.gateway ? routeReach(enforcement, entrance, workload, port) : undefined;
  const base = { what: entrance.why, by: entrance.by, except: [], asks: [] };
  if (!set) return [base];
  return [
    { ...base, what: `${entrance.why}, host ${set.hosts.join(' or ')}` },
    ...[...set.atGateway, ...set.may]
      .filter(({ by, except, asks }) => by !== null || except.length + asks.length > 0)
      .map(operationResult),
  ];
}

function classesResult({ enforcement, mesh }: Facts): NonNullable<Reach['classes']> {
  return destinationClasses(enforcement).map(({ ports, sources }) => ({
    ports: ports.map(({ workload, port }) => ({ workload: workload.id, port: port.port })),
    sources: sources.map((each) => sourceResult(mesh, each)),
  }));
}
