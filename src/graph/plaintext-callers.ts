import type { MeshService, ServicePort, Workload, WorkloadId } from '../model/inventory/types.ts';
import { qualifyHost, serviceHost } from '../semantics/gateway/host-name.ts';
import { targetPort } from '../semantics/resolve-request.ts';
import type { Facts } from './facts.ts';

/** Somebody who calls a workload without a mesh identity, and so breaks when its ports turn STRICT. */
export interface PlaintextCaller {
  readonly workload: WorkloadId;
  readonly caller: string;
  /** The workload's port that it calls, where that is known. */
  readonly port?: number;
  readonly why: string;
}

/**
 * Callers that the input shows to have no mesh identity: the API server of webhooks, load balancers and ingress controllers in front of a
 * workload, scrapers that go to its own port, wanted callers outside the mesh, and clients that a DestinationRule keeps from mutual TLS.
 * Reference §15.12.
 */
export function plaintextCallers(facts: Facts, workloads: readonly Workload[]): readonly PlaintextCaller[] {
  const known = knownCallers(facts);
  const callers: PlaintextCaller[] = [];
  for (const workload of workloads) {
    callers.push(...(known.get(workload.id) ?? []));
    for (const port of workload.ports) {
      for (const entrance of facts.entrances.of(workload, port.port)) {
        if (!entrance.gateway)
          callers.push({
            workload: workload.id,
            caller: `clients from outside (${entrance.entry})`,
            port: port.port,
            why: entrance.why,
          });
      }
    }
    callers.push(...seenCallers(facts, workload), ...scrapers(workload));
    for (const flow of facts.wanted.to(workload)) {
      if (flow.from === 'internet') continue;
      const caller = facts.mesh.workloadById.get(flow.from);
      if (caller?.dataPlane.kind !== 'none') continue;
      callers.push({
        workload: workload.id,
        caller: caller.id,
        ...(flow.port === undefined ? {} : { port: flow.port }),
        why: `wanted (${flow.basis}) and outside the mesh: ${caller.dataPlane.why}`,
      });
    }
  }
  const seen = new Set<string>();
  return callers.filter(({ workload, caller, port }) => {
    const key = `${workload}\n${caller}\n${port}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const KNOWN = new WeakMap<Facts, ReadonlyMap<WorkloadId, readonly PlaintextCaller[]>>();

/** Callers that objects of the mesh name, by the workload that they call: found once for all questions. */
function knownCallers(facts: Facts): ReadonlyMap<WorkloadId, readonly PlaintextCaller[]> {
  let known = KNOWN.get(facts);
  if (!known) {
    const found = new Map<WorkloadId, PlaintextCaller[]>();
    for (const caller of [...webhookCallers(facts), ...ruledClients(facts)]) {
      const list = found.get(caller.workload);
      if (list) list.push(caller);
      else found.set(caller.workload, [caller]);
    }
    known = found;
    KNOWN.set(facts, known);
  }
  return known;
}

/** Whom telemetry shows to call in plaintext. */
function seenCallers({ traffic }: Facts, workload: Workload): readonly PlaintextCaller[] {
  return traffic
    .to(workload)
    .filter(({ security, passed }) => security === 'none' && passed > 0)
    .map(({ from, ports, passed, days }) => ({
      workload: workload.id,
      caller: from.name,
      ...(ports.length === 1 && ports[0] !== undefined ? { port: ports[0] } : {}),
      why: `seen in plaintext: ${passed} requests${days.length > 0 ? `, last ${days.at(-1)}` : ''}`,
    }));
}

function webhookCallers({ mesh }: Facts): readonly PlaintextCaller[] {
  const configurations = [
    ...mesh.resources.of('MutatingWebhookConfiguration'),
    ...mesh.resources.of('ValidatingWebhookConfiguration'),
  ];
  return configurations.flatMap((configuration) =>
    (configuration.spec.webhooks ?? []).flatMap(({ clientConfig }) => {
      const target = clientConfig?.service;
      const service = target && mesh.serviceById.get(`${target.namespace}/${target.name}`);
      const why = `${configuration.kind} ${configuration.name} calls service ${target?.namespace}/${target?.name}`;
      const called = service?.ports.find(({ port }) => port === (target?.port ?? 443));
      return (service?.workloads ?? []).map((workload): PlaintextCaller => {
        const behind = service && called && portBehind(mesh.workloadById.get(workload), service, called);
        return { workload, caller: 'kube-apiserver', ...(behind === undefined ? {} : { port: behind }), why };
      });
    }),
  );
}

const portBehind = (workload: Workload | undefined, service: MeshService, port: ServicePort): number | undefined =>
  workload && targetPort(workload, service, port);

/** Clients in the mesh whose proxies a DestinationRule tells not to use mutual TLS: it wins over auto mTLS (reference §1.7). */
function ruledClients({ mesh }: Facts): readonly PlaintextCaller[] {
  const byHost = new Map(mesh.services.map((service) => [serviceHost(service.name, service.namespace), service]));
  return mesh.resources.of('DestinationRule').flatMap((rule) => {
    const { host = '', trafficPolicy } = rule.spec;
    const service = byHost.get(qualifyHost(host, rule.namespace));
    if (!service || service.cluster !== rule.cluster) return [];
    const own = new Map((trafficPolicy?.portLevelSettings ?? []).map(({ port, tls }) => [port?.number, tls?.mode]));
    return service.ports.flatMap((port) => {
      const mode = own.has(port.port) ? own.get(port.port) : trafficPolicy?.tls?.mode;
      if (mode === undefined || mode === 'ISTIO_MUTUAL') return [];
      return service.workloads.flatMap((workload): readonly PlaintextCaller[] => {
        const behind = portBehind(mesh.workloadById.get(workload), service, port);
        const caller = `clients of DestinationRule ${rule.namespace}/${rule.name}`;
        const why = `tls.mode ${mode} for ${host}: their proxies send no certificate of the mesh`;
        return [{ workload, caller, ...(behind === undefined ? {} : { port: behind }), why }];
      });
    });
  });
}

function scrapers(workload: Workload): readonly PlaintextCaller[] {
  const { annotations } = workload;
  if (annotations['prometheus.io/scrape'] !== 'true') return [];
  const port = Number(annotations['prometheus.io/port']);
  if (!workload.ports.some((candidate) => candidate.port === port)) return [];
  const why = `annotation prometheus.io/port: ${port}; the proxy's merged metrics on 15020 stay reachable`;
  return [{ workload: workload.id, caller: 'Prometheus outside the mesh', port, why }];
}
