import type { ChainKind, Mesh, MeshService } from '../../model/inventory/types.ts';
import type { KnownService, KnownServices } from '../../model/observation/known-services.ts';
import type { Resource } from '../../model/resource.ts';
import { isObject } from '../../model/shape.ts';
import type { Applied, ObjectDrift } from '../evidence.ts';
import type { IsRecent } from '../looked-into.ts';

/**
 * Holds the Services that istiod knows against those of the input: whether it knows them, whom they select, and what it takes their ports for,
 * since that decides which chains, and so which policies, their traffic gets. What it knows in addition may be of another cluster.
 */
export function compareServices(mesh: Mesh, known: readonly KnownServices[], isRecent: IsRecent): Applied {
  const drifts = new Map<string, ObjectDrift>();
  const same = new Set<Resource>();
  for (const document of known) {
    const { cluster, file, at, services } = document;
    const byName = new Map(services.map((each) => [`${each.namespace}/${each.name}`, each]));
    const seen = { file, ...(at === undefined ? {} : { at }), isOld: !isRecent(document) };
    for (const service of mesh.services) {
      const { resource: own } = service;
      if (own.kind !== 'Service' || (cluster !== '' && service.cluster !== cluster)) continue;
      const there = byName.get(service.id);
      const fields = there ? differingFields(service, there) : [];
      const key = JSON.stringify([service.cluster, service.id, there ? fields : 'missing']);
      if (!there) drifts.set(key, drifts.get(key) ?? { kind: 'missing', object: own, own, fields, seen });
      else if (fields.length > 0)
        drifts.set(key, drifts.get(key) ?? { kind: 'different', object: own, own, fields, seen });
      else if (there.says) same.add(own);
    }
  }
  const drifted = new Set([...drifts.values()].map(({ own }) => own));
  return { drifts: [...drifts.values()], same: [...same].filter((own) => !drifted.has(own)) };
}

function differingFields({ type, ports, resource }: MeshService, { says }: KnownService): readonly string[] {
  if (!says) return [];
  const fields: string[] = [];
  const { selector } = resource.spec as { readonly selector?: unknown };
  // An ExternalName selects nobody, whatever it says.
  if (type !== 'ExternalName' && sorted(selector) !== sorted(says.selector)) fields.push('spec.selector');
  if (type === 'ExternalName') return fields;
  const there = new Map(says.ports.map((each) => [each.port, each]));
  const isSamePort = (port: MeshService['ports'][number]): boolean => (port.name ?? '') === there.get(port.port)?.name;
  if (new Set(ports.map(({ port }) => port)).size !== there.size || !ports.every(isSamePort)) fields.push('spec.ports');
  else
    for (const [index, { port, chain, transport }] of ports.entries()) {
      const { protocol = '' } = there.get(port) ?? {};
      if (transport === 'TCP' && chainOf(protocol) !== chain)
        fields.push(`spec.ports[${index}] (taken for ${protocol})`);
    }
  return fields;
}

const sorted = (map: unknown): string =>
  JSON.stringify(Object.entries(isObject(map) ? map : {}).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Source: istio pkg/config/protocol/instance.go (IsHTTP, IsUnsupported). */
function chainOf(protocol: string): ChainKind {
  if (/^(HTTP|HTTP2|HTTP_PROXY|GRPC|GRPC-Web|GRPCWeb)$/i.test(protocol)) return 'http';
  return protocol === '' || protocol === 'UnsupportedProtocol' ? 'auto' : 'tcp';
}
