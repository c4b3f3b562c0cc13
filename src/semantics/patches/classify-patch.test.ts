import { describe, expect, it } from 'vitest';
import type { EnvoyFilterPatch } from '../../model/istio/envoy-filter.ts';
import { classifyPatch } from './classify-patch.ts';

const merge = (applyTo: string, value: unknown): EnvoyFilterPatch =>
  ({ applyTo, patch: { operation: 'MERGE', value } }) as EnvoyFilterPatch;

/** `effect of what, chain`; `nothing` where verdicts stay. */
function effectOf(patch: EnvoyFilterPatch, isGateway = false): string {
  const found = classifyPatch(patch, true, isGateway);
  if (!found) return 'nothing';
  const { effect, chain } = found;
  const what = effect.kind === 'unclear' ? ` ${effect.what}` : effect.kind === 'removes' ? ` ${effect.control}` : '';
  return `${effect.kind}${what}, ${chain}`;
}

const socket = (value: unknown): EnvoyFilterPatch => merge('FILTER_CHAIN', { transport_socket: value });
const TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const NAME = 'envoy.transport_sockets.tls';

describe('a merge into a filter chain', () => {
  it.each<[string, EnvoyFilterPatch, string]>([
    ['without a socket', merge('FILTER_CHAIN', { name: 'x', metadata: {} }), 'nothing'],
    ['a timeout', merge('FILTER_CHAIN', { transportSocketConnectTimeout: '1s' }), 'nothing'],
    ['another match', merge('FILTER_CHAIN', { filterChainMatch: {} }), 'unclear what is enforced, any'],
    ['no object', merge('FILTER_CHAIN', 'x'), 'unclear what is enforced, any'],
    [
      'TLS by type alone',
      socket({ typed_config: { '@type': TYPE, common_tls_context: { alpn_protocols: [] } } }),
      'nothing',
    ],
    ['TLS by name alone', socket({ name: NAME, typedConfig: { commonTlsContext: { tlsParams: {} } } }), 'nothing'],
    ['a socket of no name', socket({ typed_config: {} }), 'removes mutual TLS, any'],
    ['a socket of nothing', socket({}), 'removes mutual TLS, any'],
    ['plain bytes', socket({ name: 'envoy.transport_sockets.raw_buffer' }), 'removes mutual TLS, any'],
    [
      'no demand',
      socket({ name: NAME, typed_config: { require_client_certificate: false } }),
      'removes mutual TLS, any',
    ],
    ['a demand', socket({ name: NAME, typed_config: { require_client_certificate: true } }), 'unclear mutual TLS, any'],
    [
      'other certificates',
      socket({ name: NAME, typed_config: { common_tls_context: { tls_params: {}, validation_context: {} } } }),
      'unclear mutual TLS, any',
    ],
  ])('%s', (_name, patch, effect) => {
    expect(effectOf(patch)).toBe(effect);
  });
});

describe('filters in the middle', () => {
  const http = (operation: string, value?: unknown, target?: string, filterClass?: string): EnvoyFilterPatch =>
    ({
      applyTo: 'HTTP_FILTER',
      ...(target === undefined
        ? {}
        : {
            match: {
              listener: {
                filterChain: {
                  filter: { name: 'envoy.filters.network.http_connection_manager', subFilter: { name: target } },
                },
              },
            },
          }),
      patch: { operation, ...(value ? { value } : {}), ...(filterClass ? { filterClass } : {}) },
    }) as EnvoyFilterPatch;
  const lua = { name: 'envoy.filters.http.lua' };

  it.each<[string, EnvoyFilterPatch, string]>([
    ['the router gone', http('REMOVE', undefined, 'envoy.filters.http.router'), 'unclear what is enforced, http'],
    ['no name to remove', http('REMOVE', lua), 'unclear what is enforced, http'],
    ['statistics gone', http('REMOVE', undefined, 'istio.stats'), 'nothing'],
    ['statistics replaced by code', http('REPLACE', lua, 'istio.stats'), 'rewrites-later, http'],
    ['JWT merged', http('MERGE', {}, 'envoy.filters.http.jwt_authn'), 'unclear JWT authentication, http'],
    ['code merged', http('MERGE', lua), 'rewrites, http'],
    ['unknown merged', http('MERGE', { name: 'corp.auth' }), 'unclear what is enforced, http'],
    ['cors merged', http('MERGE', {}, 'envoy.filters.http.cors'), 'nothing'],
    ['code added', http('ADD', lua), 'rewrites-later, http'],
    ['code added for authentication', http('ADD', lua, undefined, 'AUTHN'), 'rewrites, http'],
    ['code added for authorization', http('ADD', lua, undefined, 'AUTHZ'), 'rewrites, http'],
    ['code after everything', http('INSERT_AFTER', lua), 'rewrites-later, http'],
    ['code after RBAC', http('INSERT_AFTER', lua, 'envoy.filters.http.rbac'), 'rewrites, http'],
    ['code after fault', http('INSERT_AFTER', lua, 'envoy.filters.http.fault'), 'rewrites-later, http'],
    ['code first', http('INSERT_FIRST', lua, 'envoy.filters.http.router'), 'rewrites, http'],
  ])('%s', (_name, patch, effect) => {
    expect(effectOf(patch)).toBe(effect);
  });
});

describe('listeners and what is around them', () => {
  it.each<[string, EnvoyFilterPatch, string, string]>([
    ['a listener added', { applyTo: 'LISTENER', patch: { operation: 'ADD' } }, 'nothing', 'unclear the listeners, any'],
    [
      'an inbound listener added',
      { applyTo: 'LISTENER', match: { context: 'SIDECAR_INBOUND' }, patch: { operation: 'ADD' } },
      'unclear the listeners, any',
      'unclear the listeners, any',
    ],
    [
      'a listener gone',
      { applyTo: 'LISTENER', patch: { operation: 'REMOVE' } },
      'unclear the listeners, any',
      'unclear the listeners, any',
    ],
    ['its address', merge('LISTENER', { address: {} }), 'unclear the listeners, any', 'unclear the listeners, any'],
    ['its options', merge('LISTENER', { socketOptions: [], name: 'x' }), 'nothing', 'nothing'],
    [
      'the runtime',
      merge('BOOTSTRAP', { layeredRuntime: {} }),
      'unclear what is enforced, any',
      'unclear what is enforced, any',
    ],
    ['the tracing', merge('BOOTSTRAP', { tracing: {} }), 'nothing', 'nothing'],
    ['a route', merge('HTTP_ROUTE', { redirect: {} }), 'nothing', 'unclear the routes, http'],
    ['a header', merge('VIRTUAL_HOST', { routes: [{ requestHeadersToAdd: [] }] }), 'nothing', 'rewrites-later, http'],
    [
      'a virtual host more',
      { applyTo: 'VIRTUAL_HOST', patch: { operation: 'ADD' } },
      'nothing',
      'unclear the routes, http',
    ],
  ])('%s', (_name, patch, atSidecar, atGateway) => {
    expect([effectOf(patch), effectOf(patch, true)]).toEqual([atSidecar, atGateway]);
  });
});

describe('network filters', () => {
  const network = (operation: string, target?: string, value?: unknown): EnvoyFilterPatch =>
    ({
      applyTo: 'NETWORK_FILTER',
      ...(target === undefined ? {} : { match: { listener: { filterChain: { filter: { name: target } } } } }),
      patch: { operation, ...(value ? { value } : {}) },
    }) as EnvoyFilterPatch;
  const settings = (more: object) => ({ typed_config: more });

  it.each<[string, EnvoyFilterPatch, string]>([
    ['RBAC gone', network('REMOVE', 'envoy.filters.network.rbac'), 'removes RBAC, tcp'],
    ['the TCP proxy gone', network('REMOVE', 'envoy.filters.network.tcp_proxy'), 'unclear what is enforced, any'],
    ['no name to remove', network('REMOVE'), 'unclear what is enforced, any'],
    ['statistics gone', network('REMOVE', 'istio.stats'), 'nothing'],
    ['statistics replaced', network('REPLACE', 'istio.stats', { name: 'corp.x' }), 'unclear what is enforced, tcp'],
    ['RBAC added', network('INSERT_FIRST', undefined, { name: 'envoy.filters.network.rbac' }), 'unclear RBAC, tcp'],
    ['code added', network('INSERT_FIRST', undefined, { name: 'envoy.filters.network.wasm' }), 'nothing'],
    ['unknown added', network('INSERT_FIRST', undefined, { name: 'corp.x' }), 'unclear what is enforced, tcp'],
    ['RBAC merged', network('MERGE', 'envoy.filters.network.rbac', {}), 'unclear RBAC, tcp'],
    ['statistics merged', network('MERGE', 'istio.stats', {}), 'nothing'],
    [
      'a timeout of the TCP proxy',
      network('MERGE', 'envoy.filters.network.tcp_proxy', settings({ idleTimeout: '1s' })),
      'nothing',
    ],
    [
      'where the TCP proxy leads',
      network('MERGE', 'envoy.filters.network.tcp_proxy', settings({ cluster: 'x' })),
      'unclear what is enforced, tcp',
    ],
    [
      'how the connection manager reads',
      network(
        'MERGE',
        'envoy.filters.network.http_connection_manager',
        settings({ mergeSlashes: true, codecType: 'x' }),
      ),
      'rewrites, http',
    ],
    [
      'what else the connection manager does',
      network(
        'MERGE',
        'envoy.filters.network.http_connection_manager',
        settings({ mergeSlashes: true, routeConfig: {} }),
      ),
      'unclear what is enforced, http',
    ],
  ])('%s', (_name, patch, effect) => {
    expect(effectOf(patch)).toBe(effect);
  });
});
