import type {
  AmbientAddress,
  AmbientEntry,
  AmbientService,
  AmbientState,
} from '../../model/observation/ambient-state.ts';
import { isObject } from '../../model/shape.ts';
import { formatAddress } from '../../util/cidr.ts';
import { findJsonValue, isClosed, jsonItems, skipValue } from '../json/positions.ts';
import { listOf, textOf } from './json.ts';

/** The value at a member of the outermost object; undefined where it has none of that name. */
export function memberAt(text: string, name: string): number | undefined {
  const start = findJsonValue(text, 0, []);
  const at = findJsonValue(text, start, [name]);
  return at === start ? undefined : at;
}

/** Items of a list that is a member of the outermost object, each parsed by itself: endpoints of services are many, and let go of at once. */
function* itemsOf(text: string, name: string): Iterable<Readonly<Record<string, unknown>>> {
  const at = memberAt(text, name);
  if (at === undefined || text[at] !== '[') return;
  for (const item of jsonItems(text, at)) {
    const value: unknown = JSON.parse(text.slice(item, skipValue(text, item)));
    if (isObject(value)) yield value;
  }
}

/** What both documents have in common; undefined where the text is not whole, or no JSON. */
export function readState(text: string): AmbientState | undefined {
  if (!isClosed(text, 0)) return undefined;
  const has = (name: string): boolean => memberAt(text, name) !== undefined;
  try {
    return {
      workloads: [...itemsOf(text, 'workloads')].flatMap((item) => readEntry(item) ?? []),
      ...(has('services')
        ? { services: [...itemsOf(text, 'services')].flatMap((item) => readService(item) ?? []) }
        : {}),
      ...(has('policies') ? { policies: [...itemsOf(text, 'policies')] } : {}),
    };
  } catch {
    return undefined;
  }
}

type Item = Readonly<Record<string, unknown>>;

/** One workload, as ztunnel or istiod writes it. Source: ztunnel src/state/workload.rs; istio pkg/workloadapi/workload.proto. */
function readEntry(item: Item): AmbientEntry | undefined {
  const pod = textOf(item.name);
  const namespace = textOf(item.namespace);
  if (pod === undefined || namespace === undefined) return undefined;
  const workload = textOf(item.workloadName);
  const node = textOf(item.node);
  const waypoint = readWaypoint(item.waypoint);
  return {
    pod,
    namespace,
    ...(workload === undefined || workload === '' ? {} : { workload }),
    protocol: item.protocol === 'HBONE' || item.tunnelProtocol === 'HBONE' ? 'HBONE' : 'TCP',
    isNative: item.nativeTunnel === true,
    hostNetwork: item.networkMode === 'HostNetwork' || item.networkMode === 'HOST_NETWORK',
    ...(node === undefined || node === '' ? {} : { node }),
    policies: listOf(item.authorizationPolicies).filter((name) => typeof name === 'string'),
    ...(waypoint ? { waypoint } : {}),
  };
}

/** One service. Source: ztunnel src/state/service.rs; istio pkg/workloadapi/workload.proto. */
function readService(item: Item): AmbientService | undefined {
  const name = textOf(item.name);
  const namespace = textOf(item.namespace);
  if (name === undefined || namespace === undefined) return undefined;
  const waypoint = readWaypoint(item.waypoint);
  return {
    name,
    namespace,
    hostname: textOf(item.hostname) ?? '',
    addresses: [...listOf(item.vips).flatMap(vipOf), ...listOf(item.addresses).flatMap(vipOf)],
    ...(waypoint ? { waypoint } : {}),
  };
}

/** ztunnel writes `network/address`, istiod an object with the bytes. */
function vipOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value.slice(value.indexOf('/') + 1)];
  const address = isObject(value) ? bytesToAddress(value.address) : undefined;
  return address === undefined ? [] : [address];
}

/** `{destination: "network/address" | "namespace/hostname"}`, or the same by fields. */
function readWaypoint(value: unknown): AmbientAddress | undefined {
  if (!isObject(value)) return undefined;
  const { destination, hostname, address } = value;
  if (typeof destination === 'string') {
    const rest = destination.slice(destination.indexOf('/') + 1);
    return /^[\d.]+$|:/.test(rest) ? { address: rest } : { hostname: rest };
  }
  const named = isObject(hostname) ? textOf(hostname.hostname) : undefined;
  if (named !== undefined) return { hostname: named };
  const bytes = isObject(address) ? bytesToAddress(address.address) : undefined;
  return bytes === undefined ? undefined : { address: bytes };
}

/** Of protobuf's JSON: base64 of 4 or 16 bytes. */
function bytesToAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  return formatAddress({ family: bytes.length === 4 ? 4 : 6, value: BigInt(`0x${bytes.toString('hex')}`) });
}
