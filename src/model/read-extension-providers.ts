import type { ExtensionProvider } from './mesh-config.ts';
import type { WrittenMeshConfig } from './mesh-config-shape.ts';

type WrittenProvider = NonNullable<WrittenMeshConfig['extensionProviders']>[number];
type WrittenAuthorizer = NonNullable<WrittenProvider['envoyExtAuthzHttp']>;

/**
 * The providers of one mesh config; of several with one name the last holds. Istio's built-in ones (prometheus, stackdriver, envoy) are for
 * telemetry only and not listed.
 *
 * Source: istio pkg/config/mesh/mesh.go (ApplyMeshConfig).
 */
export function readProviders(written: readonly WrittenProvider[]): readonly ExtensionProvider[] {
  return [...new Map(written.map((provider) => [provider.name ?? '', readProvider(provider)])).values()];
}

function readProvider({ name = '', envoyExtAuthzHttp, envoyExtAuthzGrpc }: WrittenProvider): ExtensionProvider {
  const authorizer = envoyExtAuthzHttp ?? envoyExtAuthzGrpc;
  if (!authorizer) return { name, kind: 'other', failOpen: false };
  const { service, failOpen = false } = authorizer;
  const port = authorizer.port === undefined ? undefined : Number(authorizer.port);
  const problem = findProblem(name, authorizer);
  return {
    name,
    kind: envoyExtAuthzHttp ? 'ext-authz-http' : 'ext-authz-grpc',
    failOpen,
    ...(service === undefined ? {} : { service }),
    ...(port === undefined ? {} : { port }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * What istiod refuses in an authorizer.
 *
 * Source: istio pilot/pkg/security/authz/builder/extauthz.go (processExtensionProvider, buildExtAuthzHTTP); recorded in
 * conformance/vectors/external-authorizers.jsonl.
 */
function findProblem(name: string, authorizer: WrittenAuthorizer): string | undefined {
  const { service, statusOnError, pathPrefix } = authorizer;
  const port = Number(authorizer.port ?? 0);
  if (!service) return `extension provider \`${name}\` names no service`;
  if (!Number.isInteger(port) || port < 1 || port > 65535) return `extension provider \`${name}\` names no valid port`;
  if (statusOnError && !/^[1-5]\d\d$/.test(statusOnError))
    return `\`statusOnError\` of extension provider \`${name}\` is no HTTP status`;
  if (pathPrefix && !pathPrefix.startsWith('/'))
    return `\`pathPrefix\` of extension provider \`${name}\` does not begin with a slash`;
  const lists = [
    authorizer.includeHeadersInCheck,
    authorizer.includeRequestHeadersInCheck,
    authorizer.headersToDownstreamOnDeny,
    authorizer.headersToDownstreamOnAllow,
    authorizer.headersToUpstreamOnAllow,
  ];
  return lists.some((list) => list?.includes('*'))
    ? `extension provider \`${name}\` lists \`*\` among its headers`
    : undefined;
}
