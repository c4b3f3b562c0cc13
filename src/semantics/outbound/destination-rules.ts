import type { Mesh } from '../../model/inventory/types.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { DestinationRule } from '../../model/istio/destination-rule.ts';
import { compareAge, isAgeUnknown } from '../gateway/age.ts';
import { covers, isWildcard, qualifyHost } from '../gateway/host-name.ts';
import { isExported } from '../gateway/visibility.ts';
import { APPLIED_TOGETHER } from '../mtls/effective-mode.ts';
import { readBackendTls } from './backend-tls.ts';
import type { PlacedPolicy } from './placed-policy.ts';

type Labels = Readonly<Record<string, string>>;

/** The proxy that asks. */
export interface RuleClient {
  readonly namespace: string;
  readonly labels: Labels;
}

/** What the DestinationRules of one namespace for one host come to. */
export interface MergedRule {
  /** Of the oldest rule that has one. */
  readonly policy: PlacedPolicy | undefined;
  readonly subsets: ReadonlyMap<string, { readonly labels: Labels; readonly policy: PlacedPolicy | undefined }>;
  readonly hasSelector: boolean;
  readonly assumes: readonly string[];
  /** Of BackendTLSPolicies for the service: what holds where the rules say nothing of TLS. */
  readonly backend?: PlacedPolicy;
}

interface Shelf {
  readonly exact: Map<string, DestinationRule[]>;
  readonly wild: { readonly host: string; readonly rule: DestinationRule }[];
}

/** DestinationRules, found as a proxy finds them. */
export class DestinationRules {
  readonly #rootNamespace: string;
  readonly #defaults: readonly string[];
  /** All of a namespace, those that others see too, and those that none but the namespace does. */
  readonly #all = new Map<string, Shelf>();
  readonly #exported = new Map<string, Shelf>();
  readonly #private = new Map<string, Shelf>();
  readonly #backends: ReadonlyMap<string, PlacedPolicy>;
  /** By the oldest of the group. */
  readonly #merged = new Map<DestinationRule, MergedRule>();

  constructor(mesh: Mesh) {
    this.#rootNamespace = mesh.config.rootNamespace.value;
    this.#defaults = mesh.config.defaultExportTo.value.destinationRule;
    this.#backends = readBackendTls(mesh);
    for (const rule of [...mesh.resources.of('DestinationRule')].sort(compareAge)) {
      put(this.#all, rule);
      put(this.#isPrivate(rule) ? this.#private : this.#exported, rule);
    }
  }

  /**
   * The rule that a proxy applies to a service: of the client's namespace (unless that is the root), of the service's, of the root
   * namespace; the first that has one for the host decides, with its most specific host. Rules of one host are one: subsets add up, the first
   * of a name counts; the traffic policy is the oldest. Rules with a selector act in their own namespace alone, before those without.
   *
   * Source: istio pilot/pkg/model/push_context.go (destinationRule), destination_rule.go (mergeDestinationRule), sidecar.go
   * (SidecarScope.DestinationRule); reference §1.7, §7.
   */
  find(host: string, client: RuleClient, serviceNamespace: string): MergedRule | undefined {
    const root = this.#rootNamespace;
    const own = lookUp(client.namespace === root ? this.#private : this.#all, client.namespace, host);
    if (own.length > 0) return this.#choose(own, client);
    for (const namespace of new Set([serviceNamespace, root])) {
      const found = lookUp(this.#exported, namespace, host).filter((rule) =>
        isExported(rule.spec.exportTo, this.#defaults, rule.namespace, client.namespace),
      );
      const backend = namespace === serviceNamespace ? this.#backends.get(host) : undefined;
      const chosen = this.#choose(found, client);
      if (backend) return { ...(chosen ?? NO_RULE), backend };
      if (found.length > 0) return chosen;
    }
    return undefined;
  }

  /** Labels of a subset; undefined: no such subset, so that nothing is sent there. */
  labelsOf(host: string, subset: string, client: RuleClient, serviceNamespace: string): Labels | undefined {
    return this.find(host, client, serviceNamespace)?.subsets.get(subset)?.labels;
  }

  #isPrivate({ namespace, spec: { exportTo } }: DestinationRule): boolean {
    const [only, ...more] = exportTo?.length ? exportTo : this.#defaults;
    return more.length === 0 && (only === '.' || only === namespace);
  }

  #choose(rules: readonly DestinationRule[], client: RuleClient): MergedRule | undefined {
    // Only rules with the same selector and the same exportTo are merged.
    const groups = new Map<string, DestinationRule[]>();
    for (const rule of rules) {
      const key = `${JSON.stringify(selectorOf(rule))} ${[...(rule.spec.exportTo ?? [])].sort().join()}`;
      const group = groups.get(key);
      if (group) group.push(rule);
      else groups.set(key, [rule]);
    }
    const all = [...groups.values()];
    const selecting = all.find(([rule]) => {
      const selector = rule && selectorOf(rule);
      return selector && rule.namespace === client.namespace && matchesLabels(selector, client.labels);
    });
    const chosen = selecting ?? all.findLast(([rule]) => rule && !selectorOf(rule));
    return chosen && this.#merge(chosen);
  }

  #merge(rules: readonly DestinationRule[]): MergedRule | undefined {
    const [first] = rules;
    if (!first) return undefined;
    let merged = this.#merged.get(first);
    if (!merged) {
      merged = mergeRules(rules);
      this.#merged.set(first, merged);
    }
    return merged;
  }
}

const NO_RULE: MergedRule = { policy: undefined, subsets: new Map(), hasSelector: false, assumes: [] };

const selectorOf = ({ spec }: DestinationRule): Labels | undefined => spec.workloadSelector?.matchLabels;

function mergeRules(rules: readonly DestinationRule[]): MergedRule {
  const subsets = new Map<string, { labels: Labels; policy: PlacedPolicy | undefined }>();
  let policy: PlacedPolicy | undefined;
  for (const rule of rules) {
    const { trafficPolicy } = rule.spec;
    if (trafficPolicy) policy ??= { rule, policy: trafficPolicy, path: ['spec', 'trafficPolicy'] };
    for (const [index, subset] of (rule.spec.subsets ?? []).entries()) {
      if (subset.name === undefined || subsets.has(subset.name)) continue;
      const path = ['spec', 'subsets', index, 'trafficPolicy'];
      const own = subset.trafficPolicy && { rule, policy: subset.trafficPolicy, path };
      subsets.set(subset.name, { labels: subset.labels ?? {}, policy: own });
    }
  }
  const hasSelector = rules.some((rule) => selectorOf(rule) !== undefined);
  // Only what several say in different words hangs on which of them is the oldest.
  const [first, ...others] = rules.filter(({ spec }) => spec.trafficPolicy);
  const contested = others.some(
    (other) =>
      first &&
      isAgeUnknown(first, other) &&
      JSON.stringify(first.spec.trafficPolicy) !== JSON.stringify(other.spec.trafficPolicy),
  );
  return { policy, subsets, hasSelector, assumes: contested ? [APPLIED_TOGETHER] : [] };
}

function put(shelves: Map<string, Shelf>, rule: DestinationRule): void {
  const host = qualifyHost(rule.spec.host ?? '', rule.namespace);
  let shelf = shelves.get(rule.namespace);
  if (!shelf) {
    shelf = { exact: new Map(), wild: [] };
    shelves.set(rule.namespace, shelf);
  }
  const same = shelf.exact.get(host);
  if (isWildcard(host)) shelf.wild.push({ host, rule });
  else if (same) same.push(rule);
  else shelf.exact.set(host, [rule]);
}

/** Rules with the most specific host that covers this one. */
function lookUp(shelves: ReadonlyMap<string, Shelf>, namespace: string, host: string): readonly DestinationRule[] {
  const shelf = shelves.get(namespace);
  if (!shelf) return [];
  const exact = shelf.exact.get(host);
  if (exact) return exact;
  const covering = shelf.wild.filter((entry) => covers(entry.host, host)).sort((a, b) => b.host.length - a.host.length);
  return covering.filter((entry) => entry.host === covering[0]?.host).map(({ rule }) => rule);
}

const KNOWN = new WeakMap<Mesh, DestinationRules>();

/** Those of a mesh, worked out once. */
export function destinationRules(mesh: Mesh): DestinationRules {
  const known = KNOWN.get(mesh) ?? new DestinationRules(mesh);
  KNOWN.set(mesh, known);
  return known;
}
