import type { RawObject } from '../../model/resource.ts';
import { inlineObject } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import { suggest } from '../../util/suggest.ts';
import type { RawInput } from '../read-input.ts';

/** A planned change as `--set` words it: `pa=STRICT@ns`, `dataplane=ambient@ns`, `waypoint@ns`, `istio=1.31`, `enforce=ns/policy`. */
export interface PlannedChange {
  /** In words. */
  readonly summary: string;
  readonly apply: (input: RawInput) => RawInput;
}

const KINDS = ['pa', 'dataplane', 'waypoint', 'istio', 'enforce'] as const;
const MODES = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'];
const DATA_PLANES = ['ambient', 'sidecar', 'none'];

/** Reads one `--set`. Throws an InputError that says what is possible. */
export function readChange(text: string): PlannedChange {
  const [, kind = '', value = '', place = ''] = /^([a-z]+)(?:=([^@]*))?(?:@(.*))?$/.exec(text) ?? [];
  switch (kind) {
    case 'pa':
      return changePeerAuthentication(text, oneOf(text, value.toUpperCase(), MODES), needed(text, place));
    case 'dataplane':
      return changeDataPlane(oneOf(text, value, DATA_PLANES), needed(text, place));
    case 'waypoint':
      return addWaypoint(needed(text, place), value || 'waypoint');
    case 'istio':
      if (!/^\d+\.\d+/.test(value)) throw wrong(text, 'give a version, as `istio=1.31`');
      return {
        summary: `Istio ${value}`,
        apply: (input) => ({ ...input, facts: { ...input.facts, istioVersion: value } }),
      };
    case 'enforce':
      return enforcePolicy(text, value);
    default: {
      const near = suggest(kind, KINDS);
      throw wrong(text, near ? `did you mean \`${near}=…\`?` : `what can be set: ${KINDS.join(', ')}`);
    }
  }
}

function wrong(text: string, help: string): InputError {
  return new InputError(`\`--set ${text}\` is not understood`, help);
}

function needed(text: string, place: string): string {
  if (place === '') throw wrong(text, `say where: \`${text}@NAMESPACE\``);
  return place;
}

function oneOf(text: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw wrong(text, `one of ${allowed.join(', ')}`);
}

type Metadata = {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

const metadataOf = ({ value }: RawObject): Metadata => (value.metadata ?? {}) as Metadata;
const isKind = ({ value }: RawObject, kind: string): boolean => value.kind === kind;

function withObjects(change: (objects: readonly RawObject[]) => readonly RawObject[]): PlannedChange['apply'] {
  return (input) => ({ ...input, objects: change(input.objects) });
}

const added = (value: RawObject['value']): RawObject => inlineObject(value, '(planned)', 1);

/** The namespace-wide policy: the mode of the one that is there, or a new one. `mesh` is the root namespace. */
function changePeerAuthentication(text: string, mode: string, place: string): PlannedChange {
  return {
    summary: `PeerAuthentication ${mode} in ${place}`,
    apply: (input) => {
      const namespace = place === 'mesh' ? rootOf(input) : place;
      if (place !== 'mesh' && !hasNamespace(input, place)) throw wrong(text, unknownNamespace(input, place));
      const isWide = (object: RawObject): boolean => {
        const spec = (object.value.spec ?? {}) as { readonly selector?: { readonly matchLabels?: object } };
        return (
          isKind(object, 'PeerAuthentication') &&
          metadataOf(object).namespace === namespace &&
          Object.keys(spec.selector?.matchLabels ?? {}).length === 0
        );
      };
      const found = input.objects.some(isWide);
      const changed = input.objects.map((object) =>
        isWide(object)
          ? { ...object, value: { ...object.value, spec: { ...(object.value.spec as object), mtls: { mode } } } }
          : object,
      );
      const fresh = added({
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: { name: 'default', namespace },
        spec: { mtls: { mode } },
      });
      return { ...input, objects: found ? changed : [...changed, fresh] };
    },
  };
}

function rootOf({ objects }: RawInput): string {
  for (const object of objects) {
    const { name, namespace } = metadataOf(object);
    if (!isKind(object, 'ConfigMap') || name === undefined || !/^istio(-|$)/.test(name)) continue;
    const mesh = (object.value.data as { readonly mesh?: string } | undefined)?.mesh;
    const root = mesh && /^\s*rootNamespace:\s*"?([\w-]+)"?\s*$/m.exec(mesh)?.[1];
    if (root) return root;
    if (mesh && namespace) return namespace;
  }
  return 'istio-system';
}

const hasNamespace = ({ objects }: RawInput, name: string): boolean =>
  objects.some(
    (object) =>
      metadataOf(object).namespace === name || (isKind(object, 'Namespace') && metadataOf(object).name === name),
  );

function unknownNamespace({ objects }: RawInput, name: string): string {
  const known = new Set(objects.flatMap((object) => metadataOf(object).namespace ?? []));
  const near = suggest(name, known);
  return near
    ? `there is no namespace \`${name}\`; did you mean \`${near}\`?`
    : `there is no namespace \`${name}\` in the input`;
}

/** Labels of the namespace that decide who captures its pods; pods that say otherwise keep their own. */
function changeDataPlane(plane: string, namespace: string): PlannedChange {
  const labels: Record<string, string | undefined> = {
    'istio-injection': plane === 'sidecar' ? 'enabled' : undefined,
    'istio.io/rev': undefined,
    'istio.io/dataplane-mode': plane === 'ambient' ? 'ambient' : plane === 'none' ? 'none' : undefined,
  };
  return {
    summary: `data plane ${plane} in ${namespace}`,
    apply: (input) => {
      if (!hasNamespace(input, namespace))
        throw wrong(`dataplane=${plane}@${namespace}`, unknownNamespace(input, namespace));
      return { ...input, objects: relabelNamespace(input.objects, namespace, labels).map(withoutSidecar(namespace)) };
    },
  };
}

function relabelNamespace(
  objects: readonly RawObject[],
  name: string,
  labels: Readonly<Record<string, string | undefined>>,
): readonly RawObject[] {
  const isIt = (object: RawObject): boolean => isKind(object, 'Namespace') && metadataOf(object).name === name;
  const merged = (old: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...old, ...labels }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
  if (!objects.some(isIt))
    return [...objects, added({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: merged() } })];
  return objects.map((object) => {
    if (!isIt(object)) return object;
    const metadata = metadataOf(object);
    return { ...object, value: { ...object.value, metadata: { ...metadata, labels: merged(metadata.labels) } } };
  });
}

/** Running pods are taken as restarted: what they were injected with is forgotten. */
function withoutSidecar(namespace: string): (object: RawObject) => RawObject {
  return (object) => {
    const metadata = metadataOf(object);
    if (!isKind(object, 'Pod') || metadata.namespace !== namespace) return object;
    const {
      'sidecar.istio.io/status': _status,
      'ambient.istio.io/redirection': _redirection,
      ...annotations
    } = metadata.annotations ?? {};
    return { ...object, value: { ...object.value, metadata: { ...metadata, annotations } } };
  };
}

function addWaypoint(namespace: string, name: string): PlannedChange {
  return {
    summary: `waypoint ${name} for ${namespace}`,
    apply: withObjects((objects) => [
      ...relabelNamespace(objects, namespace, { 'istio.io/use-waypoint': name }),
      added({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name, namespace, labels: { 'istio.io/waypoint-for': 'service' } },
        spec: {
          gatewayClassName: 'istio-waypoint',
          listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
        },
      }),
    ]),
  };
}

/** Takes the dry-run mark off a policy. */
function enforcePolicy(text: string, id: string): PlannedChange {
  const isDry = (object: RawObject): boolean => {
    const { name, namespace, annotations } = metadataOf(object);
    return (
      isKind(object, 'AuthorizationPolicy') &&
      `${namespace}/${name}` === id &&
      annotations?.['istio.io/dry-run'] !== undefined
    );
  };
  return {
    summary: `AuthorizationPolicy ${id} enforced`,
    apply: (input) => {
      if (!input.objects.some(isDry))
        throw wrong(
          text,
          `there is no AuthorizationPolicy \`${id}\` with the annotation istio.io/dry-run in the input`,
        );
      const objects = input.objects.map((object) => {
        if (!isDry(object)) return object;
        const metadata = metadataOf(object);
        const { 'istio.io/dry-run': _dryRun, ...annotations } = metadata.annotations ?? {};
        return { ...object, value: { ...object.value, metadata: { ...metadata, annotations } } };
      });
      return { ...input, objects };
    },
  };
}
