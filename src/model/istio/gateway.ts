import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, map, object, string, text } from '../shape.ts';
import { serverPort } from './port.ts';
import { serverTls } from './server-tls.ts';

const server = object(
  { port: serverPort, bind: string, hosts: list(string), tls: serverTls, name: string, defaultEndpoint: string },
  { strict: true },
);

/** The selector matches gateway pods in every namespace; absent: all of them. */
export const gateway = defineKind({
  name: 'Gateway',
  kind: 'Gateway',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object({ servers: list(server), selector: map(text) }, { strict: true }),
});

export type Gateway = ResourceOf<typeof gateway>;
export type GatewayServer = Infer<typeof server>;
