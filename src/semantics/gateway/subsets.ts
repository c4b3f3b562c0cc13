import type { Mesh } from '../../model/inventory/types.ts';
import type { DestinationRule } from '../../model/istio/destination-rule.ts';
import { compareAge } from './age.ts';
import { covers, isWildcard, qualifyHost } from './host-name.ts';
import { isExported } from './visibility.ts';

type Labels = Readonly<Record<string, string>>;

interface Shelf {
  readonly exact: Map<string, DestinationRule[]>;
  readonly wild: { readonly host: string; readonly rule: DestinationRule }[];
}

/** Subsets that DestinationRules define, found by host. */
export class Subsets {
  readonly #shelves = new Map<string, Shelf>();
  readonly #rootNamespace: string;
  readonly #defaults: readonly string[];

  constructor(mesh: Mesh) {
    this.#rootNamespace = mesh.config.rootNamespace.value;
    this.#defaults = mesh.config.defaultExportTo.value.destinationRule;
    for (const rule of [...mesh.resources.of('DestinationRule')].sort(compareAge)) {
      const host = qualifyHost(rule.spec.host ?? '', rule.namespace);
      let shelf = this.#shelves.get(rule.namespace);
      if (!shelf) {
        shelf = { exact: new Map(), wild: [] };
        this.#shelves.set(rule.namespace, shelf);
      }
      const same = shelf.exact.get(host);
      if (isWildcard(host)) shelf.wild.push({ host, rule });
      else if (same) same.push(rule);
      else shelf.exact.set(host, [rule]);
    }
  }

  /**
   * Labels of a subset as a proxy sees it; undefined: no such subset, so that nothing is sent there. The client's namespace is asked first,
   * then the service's, then the root namespace; the first that has a rule for the host decides.
   *
   * Source: istio pilot/pkg/model/push_context.go (destinationRule), reference §7.
   */
  labelsOf(host: string, subset: string, proxyNamespace: string, serviceNamespace: string): Labels | undefined {
    for (const rule of this.rulesOf(host, proxyNamespace, serviceNamespace)) {
      const found = rule.spec.subsets?.find(({ name }) => name === subset);
      if (found) return found.labels ?? {};
    }
    return undefined;
  }

  rulesOf(host: string, proxyNamespace: string, serviceNamespace: string): readonly DestinationRule[] {
    const own = proxyNamespace === this.#rootNamespace ? [] : [proxyNamespace];
    for (const namespace of new Set([...own, serviceNamespace, this.#rootNamespace])) {
      const found = this.#find(host, namespace).filter((rule) =>
        isExported(rule.spec.exportTo, this.#defaults, rule.namespace, proxyNamespace),
      );
      if (found.length > 0) return found;
    }
    return [];
  }

  #find(host: string, namespace: string): readonly DestinationRule[] {
    const shelf = this.#shelves.get(namespace);
    if (!shelf) return [];
    const exact = shelf.exact.get(host);
    if (exact) return exact;
    const covering = shelf.wild
      .filter((entry) => covers(entry.host, host))
      .sort((a, b) => b.host.length - a.host.length);
    return covering.filter((entry) => entry.host === covering[0]?.host).map(({ rule }) => rule);
  }
}
