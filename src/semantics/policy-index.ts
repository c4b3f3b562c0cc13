import { matchesLabels } from '../model/inventory/label-selection.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { PeerAuthentication } from '../model/istio/peer-authentication.ts';
import type { RequestAuthentication } from '../model/istio/request-authentication.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { hasChange } from './versions.ts';

type Labels = Readonly<Record<string, string>>;
interface Selected {
  readonly selector?: { readonly matchLabels?: Labels };
  readonly targetRef?: TargetReference;
  readonly targetRefs?: readonly TargetReference[];
}

export interface TargetReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** `targetRefs` wins; the singular is read only where the list is empty (reference §2.2), or where the release does not have it. */
export function targetsOf(spec: Selected, version?: string): readonly TargetReference[] {
  if (spec.targetRefs?.length && hasChange('target-refs', version)) return spec.targetRefs;
  return spec.targetRef ? [spec.targetRef] : [];
}

/** Kinds of targets by the release that took them first. */
function isKnownTarget({ kind }: TargetReference, version: string | undefined): boolean {
  if (kind === 'GatewayClass') return hasChange('gateway-class-targets', version);
  return kind !== 'ServiceEntry' || hasChange('service-entry-targets', version);
}

export const matchLabelsOf = (spec: Selected): Labels => spec.selector?.matchLabels ?? {};
export const hasSelector = (spec: Selected): boolean => Object.keys(matchLabelsOf(spec)).length > 0;

/** The policies of one namespace, found by label without looking at each. */
interface Shelf<P> {
  /** Without selector and without targetRefs. */
  readonly wide: P[];
  /** By key and value of one label of the selector. */
  readonly byLabel: Map<string, Map<string, P[]>>;
  /** By `kind/name` of each targetRef. */
  readonly byTarget: Map<string, P[]>;
}

/** Policies of one kind in one cluster, by namespace, selector and target: no search over all of them per workload. */
export class PolicyIndex<P extends Resource<Selected>> {
  /** By cluster and namespace. */
  readonly #shelves = new Map<string, Map<string, Shelf<P>>>();
  readonly #order = new Map<P, number>();

  constructor(policies: readonly P[], version?: string) {
    for (const policy of policies) {
      this.#order.set(policy, this.#order.size);
      const shelf = this.#shelf(policy.cluster, policy.namespace);
      const targets = targetsOf(policy.spec, version);
      const labels = matchLabelsOf(policy.spec);
      const key = firstKeyOf(labels);
      if (targets.length > 0)
        for (const target of targets.filter((each) => isKnownTarget(each, version)))
          push(shelf.byTarget, `${target.kind}/${target.name}`, policy);
      else if (key !== undefined) {
        let byValue = shelf.byLabel.get(key);
        if (!byValue) {
          byValue = new Map();
          shelf.byLabel.set(key, byValue);
        }
        push(byValue, labels[key] ?? '', policy);
      } else shelf.wide.push(policy);
    }
  }

  /** Whether some policy there has a selector, so that what workloads get depends on their labels. */
  isSelective(cluster: string, namespace: string): boolean {
    return (this.#shelfOf(cluster, namespace)?.byLabel.size ?? 0) > 0;
  }

  /** In input order: namespace-wide ones and those whose selector is a subset of the labels; never those with targetRefs. */
  selecting(cluster: string, namespace: string, labels: Labels): readonly P[] {
    const shelf = this.#shelfOf(cluster, namespace);
    if (!shelf) return [];
    if (shelf.byLabel.size === 0) return shelf.wide;
    const found = [...shelf.wide];
    for (const [key, byValue] of shelf.byLabel) {
      if (!Object.hasOwn(labels, key)) continue;
      for (const policy of byValue.get(labels[key] ?? '') ?? []) {
        if (matchesLabels(matchLabelsOf(policy.spec), labels)) found.push(policy);
      }
    }
    return this.#sorted(found);
  }

  targeting(cluster: string, namespace: string, kind: string, name: string): readonly P[] {
    return this.#shelfOf(cluster, namespace)?.byTarget.get(`${kind}/${name}`) ?? [];
  }

  /** Position in the input: a stable key for memoisation. */
  orderOf(policy: P): number {
    return this.#order.get(policy) ?? -1;
  }

  #sorted(policies: P[]): readonly P[] {
    return policies.length < 2 ? policies : policies.sort((a, b) => this.orderOf(a) - this.orderOf(b));
  }

  #shelfOf(cluster: string, namespace: string): Shelf<P> | undefined {
    return this.#shelves.get(cluster)?.get(namespace);
  }

  #shelf(cluster: string, namespace: string): Shelf<P> {
    let byNamespace = this.#shelves.get(cluster);
    if (!byNamespace) {
      byNamespace = new Map();
      this.#shelves.set(cluster, byNamespace);
    }
    let shelf = byNamespace.get(namespace);
    if (!shelf) {
      shelf = { wide: [], byLabel: new Map(), byTarget: new Map() };
      byNamespace.set(namespace, shelf);
    }
    return shelf;
  }
}

function firstKeyOf(labels: Labels): string | undefined {
  for (const key in labels) return key;
  return undefined;
}

function push<P>(map: Map<string, P[]>, key: string, policy: P): void {
  const list = map.get(key);
  if (!list) map.set(key, [policy]);
  else if (list.at(-1) !== policy) list.push(policy);
}

export interface Policies {
  readonly authorization: PolicyIndex<AuthorizationPolicy>;
  readonly requestAuthentication: PolicyIndex<RequestAuthentication>;
  readonly peerAuthentication: PolicyIndex<PeerAuthentication>;
}

/** Each kind is indexed when it is first asked for: a proposed change is asked about one of them. */
export function indexPolicies(resources: Resources, version?: string): Policies {
  let authorization: Policies['authorization'] | undefined;
  let requestAuthentication: Policies['requestAuthentication'] | undefined;
  let peerAuthentication: Policies['peerAuthentication'] | undefined;
  return {
    get authorization() {
      authorization ??= new PolicyIndex(resources.of('AuthorizationPolicy'), version);
      return authorization;
    },
    get requestAuthentication() {
      requestAuthentication ??= new PolicyIndex(resources.of('RequestAuthentication'), version);
      return requestAuthentication;
    },
    get peerAuthentication() {
      peerAuthentication ??= new PolicyIndex(resources.of('PeerAuthentication'));
      return peerAuthentication;
    },
  };
}
