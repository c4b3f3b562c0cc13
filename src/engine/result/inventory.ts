import type { Entrance, Facts, PortFacts } from '../../graph/facts.ts';
import { byOf, plainBy } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import type { AuditResult, PortResult, WorkloadResult } from '../../result/types.ts';

/** The inventory as the result shows it. */
export function inventoryResult(facts: Facts): AuditResult['inventory'] {
  const { mesh } = facts;
  const identities = [...mesh.identities].map(([principal, workloads]) => {
    const clusters = [...new Set(workloads.map(({ cluster }) => cluster))].sort();
    return {
      principal,
      workloads: workloads.map(({ id }) => id).sort(),
      ...(clusters.length > 1 ? { clusters } : {}),
    };
  });
  return {
    clusters: mesh.clusters,
    services: mesh.services.map(({ id, cluster, type, ports, workloads }) => ({
      id,
      cluster,
      type,
      ports: ports.map(({ port, name, protocol }) => ({ port, ...(name === undefined ? {} : { name }), protocol })),
      workloads,
    })),
    identities: identities.sort((a, b) => (a.principal < b.principal ? -1 : 1)),
    gateways: facts.entrances.gateways(),
    externalHosts: externalHosts(facts),
    workloads: mesh.workloads.map((workload) => workloadResult(facts, workload)),
  };
}

function externalHosts({ mesh }: Facts): readonly string[] {
  const hosts = mesh.resources
    .of('ServiceEntry')
    .filter(({ spec }) => spec.location !== 'MESH_INTERNAL')
    .flatMap(({ spec }) => spec.hosts ?? []);
  const names = mesh.services.filter(({ externalName }) => externalName).map(({ externalName }) => externalName ?? '');
  return [...new Set([...hosts, ...names])].sort();
}

function workloadResult(facts: Facts, workload: Workload): WorkloadResult {
  const { id, cluster, namespace, name, kind, owner, identity, dataPlane } = workload;
  const asset = facts.sensitivity(workload);
  return {
    id,
    cluster,
    namespace,
    name,
    kind,
    ...(owner === undefined ? {} : { owner }),
    location: byOf(workload.resource).location,
    identity,
    dataPlane: {
      kind: dataPlane.kind,
      status: dataPlane.status,
      why: dataPlane.why,
      ...(dataPlane.verifiedBy ? { verifiedBy: dataPlane.verifiedBy } : {}),
    },
    ...(asset.basis === 'unknown'
      ? {}
      : {
          sensitivity: {
            level: asset.level,
            why: asset.why,
            status: asset.basis === 'declared' ? 'VERIFIED' : 'INFERRED',
          } as const,
        }),
    ports: facts.ports(workload).map(portResult),
  };
}

function portResult(facts: PortFacts): PortResult {
  const { port, mtls, authorization } = facts;
  return {
    port: port.port,
    protocol: port.transport === 'TCP' ? port.protocol : port.transport.toLowerCase(),
    mtls: { mode: mtls.mode, status: mtls.status, by: mtls.by && plainBy(mtls.by) },
    exposure: exposureOf(facts),
    authorization: {
      posture: authorization.posture,
      policies: authorization.policies.map((policy) => plainBy(byOf(policy))),
      status: authorization.status,
    },
  };
}

function exposureOf({ access, internet, nodeNetwork }: PortFacts): PortResult['exposure'] {
  const passes = (entrances: readonly Entrance[]): Entrance | undefined =>
    entrances.find(({ verdict }) => verdict.outcome === 'allow');
  const outside = passes(internet);
  const node = passes(nodeNetwork);
  const [named] = access.identities.values();
  const witness: Request | undefined =
    outside?.request ?? node?.request ?? access.plaintext?.request ?? access.anyIdentity?.request ?? named?.request;
  return {
    internet: outside !== undefined,
    nodeNetwork: node !== undefined,
    plaintext: access.plaintext !== null,
    anyIdentity: access.anyIdentity !== null,
    identities: [...access.identities.keys()],
    ...(witness ? { witness } : {}),
  };
}
