import { applyObjects, deleteObjects } from './apply-objects.ts';
import type { Value } from '../live/fake-api-server.ts';
import { admin, type RunningMesh, type RunningPod } from './start-mesh.ts';
import { parseObjects } from './world.ts';

let marked = 0;

/**
 * Puts objects in place of others, and waits until every sidecar has what follows from them: a listener of a ServiceEntry that was made after
 * them, which comes by the same push or a later one, and no listener that is still being made.
 */
export async function putInForce(
  mesh: RunningMesh,
  { objects, instead = [] }: { readonly objects: readonly Value[]; readonly instead?: readonly Value[] },
): Promise<void> {
  await change(mesh, objects, instead);
  const listener = await mark(mesh);
  for (const { pod, ...running } of mesh.pods.values()) {
    if (!pod.hasSidecar) continue;
    await mesh.processes.until(`the sidecar of ${pod.name} has the change`, 20, async () =>
      hasListener(await dumpOf({ pod, ...running }), listener) ? true : undefined,
    );
  }
}

/** Puts objects in place of others, and waits for nobody. */
export async function change(
  { server, processes }: RunningMesh,
  objects: readonly Value[],
  instead: readonly Value[] = [],
): Promise<void> {
  const keys = new Set(objects.map(keyOf));
  await applyObjects(server, processes, objects);
  await deleteObjects(
    server,
    instead.filter((object) => !keys.has(keyOf(object))),
  );
}

async function mark({ server, processes }: RunningMesh): Promise<string> {
  marked++;
  const address = `10.97.${marked >> 8}.${marked & 255}`;
  await applyObjects(server, processes, parseObjects(markerAt(address)));
  return `${address}_7777`;
}

const markerAt = (address: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: marker, namespace: demo }
spec:
  hosts: [marker.example]
  addresses: [${address}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 7777, name: tcp, protocol: TCP }]
  endpoints: [{ address: 192.0.2.1 }]
`;

/** All that Envoy says of its configuration. */
export async function dumpOf({ pod, send }: RunningPod): Promise<string> {
  const { status, body, error } = await send(admin(15000, '/config_dump?include_eds'));
  if (status !== 200 || body === undefined) throw new Error(`no dump of ${pod.name}: ${error ?? status}`);
  return body;
}

interface Listener {
  readonly name: string;
  readonly active_state?: unknown;
  readonly warming_state?: unknown;
}

function hasListener(dump: string, name: string): boolean {
  const { configs } = JSON.parse(dump) as { readonly configs: readonly { readonly dynamic_listeners?: Listener[] }[] };
  const listeners = configs.flatMap(({ dynamic_listeners = [] }) => dynamic_listeners);
  return (
    listeners.some((each) => each.name === name && each.active_state !== undefined) &&
    listeners.every(({ warming_state }) => warming_state === undefined)
  );
}

const keyOf = ({ kind, metadata }: Value): string => {
  const { namespace, name } = metadata as Value;
  return `${String(kind)} ${String(namespace)}/${String(name)}`;
};
