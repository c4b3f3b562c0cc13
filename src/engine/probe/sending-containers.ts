import type { Probe } from './probe.ts';

/** What the proxy runs as: what it sends passes its own redirection by. */
const PROXY_USER = 1337;

/** Where in the pod the client may be looked for, in order: containers share the network of their pod, but not with the proxy's user. */
export function sendingContainers({ source, request }: Probe): readonly string[] {
  const { container } = request.from;
  if (container !== undefined) return [container];
  return source.containers
    .filter(({ name, init, runAsUser }) => !init && name !== 'istio-proxy' && runAsUser !== PROXY_USER)
    .map(({ name }) => name);
}
