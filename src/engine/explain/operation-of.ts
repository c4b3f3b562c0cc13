import type { AuthorizationOperation, AuthorizationSource } from '../../model/istio/authorization-policy.ts';
import { withoutQuery } from '../../semantics/http/normalize-path.ts';
import type { Judged } from '../../semantics/judged.ts';

/** A request as a rule would say it, and nothing else. */
export interface ExactRule {
  readonly source?: AuthorizationSource;
  readonly operation: AuthorizationOperation;
  /** Whether the words match this request only: a value with a wildcard in it cannot be written as itself. */
  readonly exact: boolean;
  /** `GET /ok on port 8080`. */
  readonly text: string;
}

/** Writes what a point saw as a rule: who, by identity (or address), and which operation on which port. */
export function exactRule({ chain, point, view }: Judged): ExactRule {
  const http = chain.type === 'http' ? view.http : undefined;
  const path = http && withoutQuery(http.path);
  const literal = path !== undefined && isLiteral(path) ? path : undefined;
  const operation: AuthorizationOperation = {
    ports: [String(view.port)],
    ...(http ? { methods: [http.method] } : {}),
    ...(literal === undefined ? {} : { paths: [literal] }),
    // What else a gateway serves under that path is another application's.
    ...(http && point === 'gateway' ? { hosts: [http.authority] } : {}),
  };
  const source: AuthorizationSource | undefined = view.peer ? { principals: [view.peer] } : undefined;
  return {
    ...(source ? { source } : {}),
    operation,
    exact: !http || literal !== undefined,
    text: http ? `${http.method} ${literal ?? 'every path'} on port ${view.port}` : `port ${view.port}`,
  };
}

/** A rule's `*` at either end, and braces, mean more than themselves. */
export const isLiteral = (value: string): boolean => !/^\*|\*$|[{}]/.test(value);
