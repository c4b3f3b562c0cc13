/** Annotations that the model, or the search for owners and sources, reads. All others may hold anything. */
const KEPT: readonly RegExp[] = [
  /(^|\.)istio\.io\//,
  /^(argocd\.argoproj\.io|meta\.helm\.sh|kustomize\.toolkit\.fluxcd\.io|helm\.toolkit\.fluxcd\.io)\//,
  /^config\.kubernetes\.io\/origin$/,
  /^kubernetes\.io\/ingress\.class$/,
  /^prometheus\.io\/(scrape|port|scheme)$/,
  /\/.*(load-?balancer|internal)/,
  /^(.*\/)?(team|owner)$/,
];

export function keepAnnotations(annotations: unknown, extra: readonly string[] = []): Record<string, string> {
  if (typeof annotations !== 'object' || annotations === null) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([key, value]) => typeof value === 'string' && (extra.includes(key) || KEPT.some((pattern) => pattern.test(key))),
    ),
  );
}
