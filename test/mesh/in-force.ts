import { applyObjects, deleteObjects, pathOf } from './apply-objects.ts';
import type { Value } from '../live/fake-api-server.ts';
import { askIstiod } from './control-plane.ts';
import { admin, type RunningMesh, type RunningPod } from './start-mesh.ts';
import { type MeshPod, parseObjects } from './world.ts';

let marked = 0;

/** What every proxy has once it has all that came before. */
export type Marks = Readonly<Record<NonNullable<MeshPod['proxy']>, Mark>>;

/** Puts objects in place of those before, and waits until every proxy, but for some, has what follows from them. */
export async function putInForce(
  mesh: RunningMesh,
  objects: readonly Value[],
  but: readonly string[] = [],
): Promise<void> {
  await untilTaken(mesh, await putMarked(mesh, objects), but);
}

/**
 * Puts objects in place of those before, and marks that they are there: by a ServiceEntry or Gateway that is made after them, so that its listener comes
 * by the same push or a later one.
 */
export async function putMarked(mesh: RunningMesh, objects: readonly Value[]): Promise<Marks> {
  await change(mesh, objects);
  return mark(mesh);
}

/** Waits until every proxy, but for some, has what was marked, and no listener that is still being made. */
export async function untilTaken(
  { pods, processes }: RunningMesh,
  marks: Marks,
  but: readonly string[] = [],
): Promise<void> {
  const waitFor = async (running: RunningPod): Promise<void> => {
    const { name, proxy } = running.pod;
    if (!proxy || but.includes(name)) return;
    await processes.until(`the proxy of ${name} has the change`, 20, async () =>
      isThere(await dumpOf(running), marks[proxy]) ? true : undefined,
    );
  };
  await Promise.all([...pods.values()].map(waitFor));
}

/** Puts objects in place of those before, and waits for nobody. */
export async function change(mesh: RunningMesh, objects: readonly Value[]): Promise<void> {
  const keys = new Set(objects.map(pathOf));
  await applyObjects(mesh.server, mesh.processes, objects);
  await deleteObjects(
    mesh.server,
    mesh.applied.objects.filter((object) => !keys.has(pathOf(object))),
  );
  mesh.applied.objects = objects;
}

async function mark({ server, processes }: RunningMesh): Promise<Marks> {
  marked++;
  const address = `10.97.${marked >> 8}.${marked & 255}`;
  const port = 20_000 + marked;
  await applyObjects(server, processes, parseObjects(markerAt(address, port)));
  return {
    sidecar: { listener: `${address}_7777` },
    router: { listener: `0.0.0.0_${port}` },
    waypoint: { listener: 'main_internal', text: `|${port}|` },
  };
}

const markerAt = (address: string, port: number): string => `
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
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: marker, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: ${port}, name: http, protocol: HTTP }, hosts: [marker.example] }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: marker, namespace: ambient, labels: { istio.io/use-waypoint: waypoint } }
spec:
  hosts: [waypoint-marker.example]
  addresses: [10.98.0.1]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: ${port}, name: tcp, protocol: TCP }]
  endpoints: [{ address: 192.0.2.1 }]
`;

/** All that Envoy says of its configuration. */
export async function dumpOf({ pod, send }: RunningPod): Promise<string> {
  const { status, body, error } = await send(admin(15000, '/config_dump?include_eds'));
  if (status !== 200 || body === undefined) throw new Error(`no dump of ${pod.name}: ${error ?? status}`);
  return body;
}

/** A listener that follows, or what follows in it. */
interface Mark {
  readonly listener: string;
  readonly text?: string;
}

interface Listener {
  readonly name: string;
  readonly active_state?: unknown;
  readonly warming_state?: unknown;
}

function isThere(dump: string, { listener: name, text = '' }: Mark): boolean {
  const { configs } = JSON.parse(dump) as { readonly configs: readonly { readonly dynamic_listeners?: Listener[] }[] };
  const listeners = configs.flatMap(({ dynamic_listeners = [] }) => dynamic_listeners);
  return (
    listeners.some(
      (each) =>
        each.name === name && each.active_state !== undefined && JSON.stringify(each.active_state).includes(text),
    ) && listeners.every(({ warming_state }) => warming_state === undefined)
  );
}

/** Waits until istiod was told by a sidecar that it rejects what it was sent. */
export async function untilRejected({ processes }: RunningMesh, pod: string): Promise<void> {
  await processes.until(`the sidecar of ${pod} rejects something`, 30, async () => {
    const proxies = JSON.parse(await askIstiod('syncz')) as readonly Synced[];
    const { resources = {} } = proxies.find(({ proxy }) => proxy.startsWith(`${pod}.`)) ?? {};
    return Object.values(resources).some(({ lastError }) => Boolean(lastError)) ? true : undefined;
  });
}

interface Synced {
  readonly proxy: string;
  readonly resources?: Readonly<Record<string, { readonly lastError?: string }>>;
}
