const OWN: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'istio-validation']);

/** A container that the injector puts into a pod: what it may do, the application beside it may not. */
export const isInjected = (name: string): boolean => OWN.has(name);
