import type { Version } from '../model/inventory/types.ts';
import type { Observation } from '../model/observation/observation.ts';
import { parseVersion } from '../model/read-istio-version.ts';
import type { Diagnostic } from '../result/diagnostic.ts';

interface Seen {
  readonly version: string;
  readonly whose: string;
  readonly file: string;
}

/**
 * Istio's version by what its proxies say of themselves, the newest: proxies are upgraded after istiod, so that it is no newer than this. Those
 * that differ are named.
 */
export function seenVersion(observations: readonly Observation[]): Version | undefined {
  const [newest, ...older] = byVersion(observations);
  if (!newest) return undefined;
  const beside = older.map(({ version, whose, file }) => `${version} (${whose}, ${file})`).join(', ');
  return { value: newest.version, by: `${newest.whose}, ${newest.file}${beside ? `; beside it ${beside}` : ''}` };
}

/** Proxies of several minor versions in one mesh: they enforce the same objects by different rules. */
export function skewNotes(observations: readonly Observation[]): readonly Diagnostic[] {
  const minors = new Map(byVersion(observations).map((seen) => [minorOf(seen.version), seen]));
  if (minors.size < 2) return [];
  const names = [...minors.values()].map(({ version, whose }) => `${version} (${whose})`).join(', ');
  return [
    {
      severity: 'warning',
      file: [...minors.values()][0]?.file ?? '',
      line: 0,
      message: `proxies of several versions of Istio run side by side: ${names}`,
      help: 'restart the pods of the older ones, so that all enforce by the same rules',
    },
  ];
}

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** One of each version, the newest first. */
function byVersion(observations: readonly Observation[]): readonly Seen[] {
  const found = new Map<string, Seen>();
  const add = (text: string | undefined, whose: string, file: string): void => {
    const version = parseVersion(text ?? '');
    if (version !== undefined && !found.has(version)) found.set(version, { version, whose, file });
  };
  for (const each of observations) {
    if (each.kind === 'envoy-config-dump') {
      const { istioVersion, namespace, pod } = each.proxy;
      add(istioVersion, `proxy ${namespace}/${pod}`, each.file);
    } else if (each.kind === 'istiod-syncz') {
      for (const { istioVersion, namespace, pod } of each.proxies)
        add(istioVersion, `proxy ${namespace}/${pod}`, each.file);
    } else if (each.kind === 'ztunnel-config-dump') {
      add(each.version, 'ztunnel', each.file);
    }
  }
  return [...found.values()].sort((a, b) => newestFirst(a.version, b.version));
}

function newestFirst(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (right?.[index] ?? 0) - (left?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
