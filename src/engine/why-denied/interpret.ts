import type { EnforcementPoint } from '../../semantics/verdict.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';

/** What a log line means, in words, and where somebody has to look. */
export interface Meaning {
  readonly text: string;
  /** Whether a policy, the transport or a route of the mesh refused, as opposed to an application or a broken backend. */
  readonly byMesh: boolean;
  /** Steps of `decide` at which such a refusal can come about; empty: any. */
  readonly stages: readonly string[];
  readonly point?: EnforcementPoint;
}

/**
 * What response codes, flags and details come to.
 *
 * Source: Envoy's response code details and flags (RBAC `rbac_access_denied_matched_policy`, `jwt_authn_access_denied`, `ext_authz_*`,
 * `filter_chain_not_found`, UF, UC, NR, UH), ztunnel src/proxy.rs.
 */
export function interpret(seen: SeenRequest): Meaning {
  if (seen.kind === 'ztunnel') return ofZtunnel(seen);
  const { matched, details = '', code = 0, flags = '', cluster = '' } = seen;
  if (matched === 'none') return mesh('ALLOW policies apply, and none of their rules matched', ['allow', 'custom']);
  if (matched) {
    const { namespace, name, rule } = matched;
    return mesh(`DENY ${namespace}/${name}${rule === undefined ? '' : ` rules[${rule}]`} matched`, ['deny', 'custom']);
  }
  if (/^jwt_authn/i.test(details) || (code === 401 && details === ''))
    return mesh(`JWT authentication refused the token${inBraces(details)}`, ['jwt']);
  if (/ext_authz_error/.test(details))
    return other('the external authorizer could not be asked: is it there, and reachable');
  if (/ext_authz/.test(details) || /UAEX/.test(flags))
    return other('the external authorizer refused: its own log says why; policies only asked it');
  if (/filter_chain_not_found/.test(details) || (code === 0 && /NR/.test(flags)))
    return mesh('no listener takes such a connection: plaintext where mutual TLS is demanded, or the reverse', [
      'transport',
    ]);
  if (/route_not_found|cluster_not_found/.test(details) || /NR|NC/.test(flags))
    return mesh('no route takes the request, or it leads nowhere', ['route', 'resolve']);
  if (/UH|no_healthy_upstream/.test(`${flags} ${details}`))
    return other('no endpoint is healthy: nothing that a policy decides');
  if (/UF|URX|UC|upstream_reset|connection_termination/.test(`${flags} ${details}`))
    return mesh(
      `the destination closed or refused the connection${seen.transportFailure ? ` (${seen.transportFailure})` : ''}: it demands mutual TLS, refuses it, or a policy on TCP closed it`,
      ['transport', 'deny', 'allow', 'network-policy', 'capture'],
    );
  if (/^via_upstream/.test(details)) {
    return cluster.startsWith('inbound|')
      ? other(`the application itself answered ${code}: no policy of the mesh did`)
      : mesh(`the destination answered ${code}: its proxy, or the application behind it`, []);
  }
  if (/^direct_response/.test(details)) return other('a route answers it itself');
  if (code > 0 && code < 400) return other(`HTTP ${code}: nothing was refused`);
  return mesh(
    code > 0 ? `HTTP ${code}` : 'the connection was refused',
    code === 403 ? ['allow', 'deny', 'custom'] : [],
  );
}

function ofZtunnel({ error = '', matched }: SeenRequest): Meaning {
  const at = (text: string, stages: readonly string[]): Meaning => ({ ...mesh(text, stages), point: 'ztunnel' });
  if (matched === 'none') return at('ALLOW policies apply, and none of their rules matched', ['allow']);
  if (matched) {
    return /^istio_converted|^converted_peer_authentication/.test(matched.name)
      ? at('PeerAuthentication demands a mesh identity, and the caller showed none', ['deny'])
      : at(`DENY ${matched.namespace}/${matched.name} matched`, ['deny']);
  }
  if (/policy rejection/.test(error)) return at('a policy refused it', ['deny', 'allow']);
  if (/NetworkPolicy|timed out/.test(error))
    return { ...mesh(`${error}: something drops HBONE, port 15008`, ['network-policy']), point: 'network-policy' };
  if (/401 Unauthorized/.test(error)) return at('the ztunnel of the destination refused it', ['deny', 'allow']);
  if (error === '') return other('the connection completed: nothing was refused');
  return mesh(error, []);
}

const mesh = (text: string, stages: readonly string[]): Meaning => ({ text, byMesh: true, stages });
const other = (text: string): Meaning => ({ text, byMesh: false, stages: [] });

const inBraces = (details: string): string => {
  const why = /\{(.*)\}/.exec(details)?.[1]?.replaceAll('_', ' ');
  return why ? `: ${why}` : '';
};
