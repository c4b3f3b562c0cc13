import type { BackendReference } from '../../../model/gateway/reference.ts';
import type { Destination } from '../../../model/istio/destination.ts';
import type { Resources } from '../../../model/resources.ts';
import { serviceHost } from '../host-name.ts';
import { isReferenceGranted } from './reference-grant.ts';

/** The route that names a backend. */
export interface BackendOwner {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute';
}

export interface Backend {
  readonly destination: Destination;
  readonly weight: number;
  /** Position among the backendRefs as written. */
  readonly index: number;
}

/**
 * Backends that get traffic. One that may not be referred to, or is of an unknown kind, still takes its share: requests to it fail.
 * Undefined: the route as a whole is not valid.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (buildHTTPDestination, buildDestination).
 */
export function readBackends(
  resources: Resources,
  owner: BackendOwner,
  references: readonly BackendReference[],
): readonly Backend[] | undefined {
  const backends: Backend[] = [];
  for (const [index, reference] of references.entries()) {
    const { weight = 1 } = reference;
    if (weight === 0) continue;
    const destination = readDestination(resources, owner, reference);
    if (!destination) return undefined;
    backends.push({ destination, weight, index });
  }
  return backends;
}

/** A destination without host is one that no request reaches; undefined makes the route invalid. */
export function readDestination(
  resources: Resources,
  owner: BackendOwner,
  reference: BackendReference,
): Destination | undefined {
  const { group = '', kind = 'Service', name = '', port, namespace = owner.namespace } = reference;
  const { cluster, kind: fromKind, namespace: fromNamespace } = owner;
  const isService =
    (group === '' && kind === 'Service') || (group === 'multicluster.x-k8s.io' && kind === 'ServiceImport');
  const isHostname = group === 'networking.istio.io' && kind === 'Hostname';
  const granted = isReferenceGranted(resources, {
    cluster,
    fromKind,
    fromNamespace,
    toKind: 'Service',
    toNamespace: namespace,
    name,
  });
  if (!granted) return { host: '' };
  if (!isService && !isHostname) return { host: '' };
  if (port === undefined || (isService && name.includes('.')) || (isHostname && reference.namespace !== undefined))
    return undefined;
  return { host: isHostname ? name : serviceHost(name, namespace), port: { number: port } };
}
