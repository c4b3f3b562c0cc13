import type { KindDefinition } from '../../model/kind.ts';
import { boolean, Decoding, isObject, list, object, type Shape, string } from '../../model/shape.ts';
import type { RawValue } from '../snapshot.ts';
import { keepAnnotations } from './keep-annotations.ts';
import { redactValue } from './redact-value.ts';

const conditions = list(object({ type: string, status: string, reason: string }));
const balanced = object({ loadBalancer: object({ ingress: list(object({ ip: string, hostname: string })) }) });

/** What is kept of `status`, by kind of the catalogue. */
const STATUS: Readonly<Record<string, Shape<unknown>>> = {
  Pod: object({
    phase: string,
    podIP: string,
    podIPs: list(object({ ip: string })),
    conditions,
    containerStatuses: list(object({ name: string, ready: boolean })),
  }),
  Node: object({ addresses: list(object({ type: string, address: string })) }),
  Service: balanced,
  Ingress: balanced,
  KubernetesGateway: object({ addresses: list(object({ type: string, value: string })), conditions }),
  SailIstio: object({ state: string }),
};

/** Environment of Istio's own containers that says how the mesh works; the values of all other variables are dropped. */
const MESH_VARIABLE = /^(PILOT|ISTIO|ENABLE|CITADEL|AMBIENT|CLUSTER_ID$|REVISION$|TRUST_DOMAIN$|ROOT_CA|CA_ADDR$)/;

/**
 * What the model reads of an object of a cluster, without credentials. The shapes of the model say what that is, so that nothing else is
 * kept by mistake. Where the API server has fields or words that a shape of a decisive kind does not know, the whole spec is kept: a part
 * of a policy could be taken for another policy.
 */
export function pruneObject(value: RawValue, apiVersion: string, definition: KindDefinition): RawValue {
  const typed = { ...value, apiVersion, kind: definition.kind };
  const metadata = pruneMetadata(value.metadata);
  const whole = definition.reads === 'object';
  const at = new Decoding();
  const decoded = definition.shape.decode(whole ? typed : value.spec, at);
  const body = at.issues.length > 0 && definition.decisive ? (whole ? typed : value.spec) : decoded;
  const status = STATUS[definition.name]?.decode(value.status, new Decoding());
  const fields = whole && isObject(body) ? body : body === undefined ? {} : { spec: body };
  const kept = walkPods({ ...fields, ...(status === undefined ? {} : { status }) });
  return { apiVersion, kind: definition.kind, metadata, ...withoutIdentity(redactValue(kept) as RawValue) };
}

/** An object of which only the metadata is known, or wanted. */
export function pruneToMetadata(value: RawValue, apiVersion: string, kind: string): RawValue {
  return { apiVersion, kind, metadata: pruneMetadata(value.metadata) };
}

function withoutIdentity({ apiVersion, kind, metadata, managedFields, ...rest }: RawValue): RawValue {
  return rest;
}

function pruneMetadata(value: unknown): RawValue {
  const metadata = isObject(value) ? value : {};
  const { name, namespace, creationTimestamp, resourceVersion, labels, annotations, ownerReferences } = metadata;
  const kept = redactValue(keepAnnotations(annotations)) as Record<string, unknown>;
  const owners = Array.isArray(ownerReferences) ? ownerReferences.filter(isObject) : [];
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(labels === undefined ? {} : { labels }),
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
    ...(owners.length === 0
      ? {}
      : {
          ownerReferences: owners.map(({ apiVersion, kind, name: owner, controller }) => ({
            apiVersion,
            kind,
            name: owner,
            ...(controller === true ? { controller } : {}),
          })),
        }),
  };
}

/** Pod templates at any depth: their annotations, and the environment of Istio's containers. */
function walkPods(value: unknown): RawValue {
  const walk = (entry: unknown, key: string): unknown => {
    if (Array.isArray(entry)) return entry.map((item) => (key === 'env' ? pruneVariable(item) : walk(item, '')));
    if (!isObject(entry)) return entry;
    return Object.fromEntries(
      Object.entries(entry).map(([field, inner]) => [
        field,
        field === 'annotations' ? keepAnnotations(inner) : walk(inner, field),
      ]),
    );
  };
  return walk(value, '') as RawValue;
}

function pruneVariable(variable: unknown): unknown {
  if (!isObject(variable) || typeof variable.name !== 'string') return {};
  return MESH_VARIABLE.test(variable.name) ? variable : { name: variable.name };
}
