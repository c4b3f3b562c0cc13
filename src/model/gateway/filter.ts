import { boolean, type Infer, list, number, object, string } from '../shape.ts';
import { backendReference } from './reference.ts';

const header = object({ name: string, value: string });
const headerModifier = object({ set: list(header), add: list(header), remove: list(string) });
const pathModifier = object({ type: string, replaceFullPath: string, replacePrefixMatch: string });

/** A filter of an HTTPRoute or GRPCRoute rule. */
export const routeFilter = object({
  type: string,
  requestHeaderModifier: headerModifier,
  responseHeaderModifier: headerModifier,
  requestMirror: object({
    backendRef: backendReference,
    percent: number,
    fraction: object({ numerator: number, denominator: number }),
  }),
  requestRedirect: object({ scheme: string, hostname: string, path: pathModifier, port: number, statusCode: number }),
  urlRewrite: object({ hostname: string, path: pathModifier }),
  cors: object({
    allowOrigins: list(string),
    allowMethods: list(string),
    allowHeaders: list(string),
    allowCredentials: boolean,
  }),
  externalAuth: object({ protocol: string, backendRef: backendReference }),
  extensionRef: object({ group: string, kind: string, name: string }),
});

export type RouteFilter = Infer<typeof routeFilter>;
