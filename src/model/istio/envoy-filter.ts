import { defineKind, type ResourceOf } from '../kind.ts';
import { any, type Infer, list, map, number, object, oneOf, string, text } from '../shape.ts';
import { targetReferences } from './selector.ts';

const strict = { strict: true } as const;

const filter = object({ name: string, subFilter: object({ name: string }, strict) }, strict);

const match = object(
  {
    context: oneOf('ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'),
    proxy: object({ proxyVersion: string, metadata: map(text) }, strict),
    listener: object(
      {
        name: string,
        portName: string,
        portNumber: number,
        listenerFilter: string,
        filterChain: object(
          {
            name: string,
            sni: string,
            transportProtocol: string,
            transportSocket: string,
            applicationProtocols: string,
            destinationPort: number,
            filter,
          },
          strict,
        ),
      },
      strict,
    ),
    routeConfiguration: object(
      {
        name: string,
        portName: string,
        portNumber: number,
        gateway: string,
        vhost: object(
          { name: string, domainName: string, route: object({ name: string, action: string }, strict) },
          strict,
        ),
      },
      strict,
    ),
    cluster: object({ name: string, service: string, subset: string, portNumber: number }, strict),
    waypoint: object({ portNumber: number, filter, route: object({ name: string }, strict) }, strict),
  },
  strict,
);

const configPatch = object(
  {
    applyTo: oneOf(
      'INVALID',
      'LISTENER',
      'FILTER_CHAIN',
      'NETWORK_FILTER',
      'HTTP_FILTER',
      'ROUTE_CONFIGURATION',
      'VIRTUAL_HOST',
      'HTTP_ROUTE',
      'CLUSTER',
      'EXTENSION_CONFIG',
      'BOOTSTRAP',
      'LISTENER_FILTER',
    ),
    match,
    patch: object(
      {
        operation: oneOf(
          'INVALID',
          'MERGE',
          'ADD',
          'REMOVE',
          'INSERT_BEFORE',
          'INSERT_AFTER',
          'INSERT_FIRST',
          'REPLACE',
          'MERGE_AND_REPLACE_LIST',
        ),
        filterClass: oneOf('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'),
        /** Envoy configuration, as written: may change anything. */
        value: any,
      },
      strict,
    ),
  },
  strict,
);

export const envoyFilter = defineKind({
  name: 'EnvoyFilter',
  kind: 'EnvoyFilter',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      workloadSelector: object({ labels: map(text) }, strict),
      targetRefs: targetReferences,
      configPatches: list(configPatch),
      priority: number,
    },
    strict,
  ),
});

export type EnvoyFilter = ResourceOf<typeof envoyFilter>;
export type EnvoyFilterPatch = Infer<typeof configPatch>;
