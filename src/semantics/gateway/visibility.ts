/**
 * Whether something of `owner` namespace with this `exportTo` is seen by proxies of a namespace. `*` is everybody, `.` the own namespace,
 * `~` nobody; an empty list means the mesh's default.
 *
 * Source: istio pilot/pkg/model/push_context.go (initVirtualServices, IsServiceVisible).
 */
export function isExported(
  exportTo: readonly string[] | undefined,
  byDefault: readonly string[],
  owner: string,
  namespace: string,
): boolean {
  const to = effectiveExport(exportTo, byDefault);
  if (to.includes('*')) return true;
  if (to.includes('~')) return false;
  return to.includes(namespace) || (owner === namespace && to.includes('.'));
}

/** What the object says, else the mesh's default, else everybody. */
export function effectiveExport(
  exportTo: readonly string[] | undefined,
  byDefault: readonly string[],
): readonly string[] {
  if (exportTo?.length) return exportTo;
  return byDefault.length > 0 ? byDefault : ['*'];
}
