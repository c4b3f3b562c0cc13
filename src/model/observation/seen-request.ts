/** A policy as proxies name it in their logs; `none`: ALLOW policies apply and no rule matched. */
export type MatchedPolicy = { readonly namespace: string; readonly name: string; readonly rule?: number } | 'none';

/** One end of a connection, as ztunnel names it. */
export interface SeenEnd {
  readonly address?: string;
  /** The pod. */
  readonly pod?: string;
  readonly namespace?: string;
  readonly principal?: string;
  /** `name.namespace.svc.cluster.local`. */
  readonly service?: string;
}

/** What a log line, or a person, says about one refused request. What is absent was not said. */
export interface SeenRequest {
  readonly kind: 'envoy' | 'ztunnel' | 'stated';
  /** When it began, ISO 8601 in UTC. */
  readonly at?: string;
  /** The pod whose proxy wrote it, where the line says so: `kubectl logs --prefix`, or a collector's own fields. */
  readonly proxy?: { readonly pod: string; readonly namespace?: string };
  /** ztunnel: which side of the connection it stood at. */
  readonly direction?: 'inbound' | 'outbound';
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** 0: no HTTP response. */
  readonly code?: number;
  readonly flags?: string;
  /** RESPONSE_CODE_DETAILS, or for plain TCP CONNECTION_TERMINATION_DETAILS. */
  readonly details?: string;
  readonly transportFailure?: string;
  readonly matched?: MatchedPolicy;
  /** UPSTREAM_CLUSTER: `inbound|8080||`, `outbound|80||web.shop.svc.cluster.local`. */
  readonly cluster?: string;
  readonly downstreamLocal?: string;
  readonly downstreamRemote?: string;
  readonly forwardedFor?: string;
  /** Null: the connection had no TLS, or no server name. */
  readonly sni?: string | null;
  /** Where a person named a port in a URL. */
  readonly port?: number;
  readonly source?: SeenEnd;
  readonly destination?: SeenEnd;
  /** What ztunnel gives as the reason. */
  readonly error?: string;
}
