import { boolean, ignored, type Infer, list, map, number, object, oneOf, string, text } from '../shape.ts';
import { destination } from './destination.ts';

const strings = list(string);
const strict = { strict: true } as const;
const percentage = object({ value: number }, strict);

/** One of exact, prefix, regex (RE2, full match); none of them: present. */
const stringMatch = object({ exact: string, prefix: string, regex: string }, strict);

const headerOperations = object({ set: map(text), add: map(text), remove: strings }, strict);
const headers = object({ request: headerOperations, response: headerOperations }, strict);

const httpMatch = object(
  {
    name: string,
    uri: stringMatch,
    scheme: stringMatch,
    method: stringMatch,
    authority: stringMatch,
    headers: map(stringMatch),
    withoutHeaders: map(stringMatch),
    queryParams: map(stringMatch),
    ignoreUriCase: boolean,
    port: number,
    sourceLabels: map(text),
    sourceNamespace: string,
    gateways: strings,
    statPrefix: ignored,
  },
  strict,
);

const abort = object({ httpStatus: number, grpcStatus: string, http2Error: string, percentage }, strict);

export const httpRoute = object(
  {
    name: string,
    match: list(httpMatch),
    route: list(object({ destination, weight: number, headers }, strict)),
    redirect: object(
      {
        uri: string,
        authority: string,
        scheme: string,
        port: number,
        derivePort: oneOf('FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'),
        redirectCode: number,
        prefixRewrite: string,
      },
      strict,
    ),
    directResponse: object({ status: number, body: ignored }, strict),
    delegate: object({ name: string, namespace: string }, strict),
    rewrite: object(
      { uri: string, authority: string, uriRegexRewrite: object({ match: string, rewrite: string }, strict) },
      strict,
    ),
    mirror: destination,
    mirrors: list(object({ destination, percentage }, strict)),
    mirrorPercentage: percentage,
    mirrorPercent: number,
    mirror_percent: number,
    fault: object({ abort, delay: object({}) }, strict),
    corsPolicy: object(
      {
        allowOrigin: strings,
        allowOrigins: list(stringMatch),
        allowMethods: strings,
        allowHeaders: strings,
        exposeHeaders: strings,
        allowCredentials: boolean,
        maxAge: ignored,
        unmatchedPreflights: oneOf('UNSPECIFIED', 'FORWARD', 'IGNORE'),
      },
      strict,
    ),
    headers,
    retries: ignored,
    timeout: ignored,
  },
  strict,
);

export type VirtualServiceHttpRoute = Infer<typeof httpRoute>;
export type VirtualServiceHttpMatch = Infer<typeof httpMatch>;
export type StringMatch = Infer<typeof stringMatch>;
export type HeaderOperations = Infer<typeof headerOperations>;
