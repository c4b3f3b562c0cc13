/**
 * One concrete attempt, in the form of a PolicyTest request (design §5). Witnesses of findings have this form too, so that they can be
 * pasted into a test suite.
 */
export interface Request {
  readonly from: RequestFrom;
  readonly to: RequestTo;
  /** Absent: plain TCP. */
  readonly http?: HttpAttributes;
  /** Absent: no token. */
  readonly jwt?: Token;
  readonly sni?: string;
  readonly tls?: ClientTls;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/**
 * Who sends. Exactly one of workload, principal, namespace, internet, position, plaintext, or `ip` alone (a client outside the cluster).
 */
export interface RequestFrom {
  readonly workload?: string;
  readonly principal?: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly trustDomain?: string;
  readonly internet?: true;
  readonly plaintext?: true;
  /** A place without an identity: what it sends is plaintext. `node`: the one that the destination runs on; `apiserver`: some other. */
  readonly position?: 'pod-outside-mesh' | 'node' | 'apiserver';
  readonly as?: 'app' | 'attacker';
  /** Of a workload's pod: an init container, or one that runs as another user. Absent: the application once it runs. */
  readonly container?: string;
  readonly cluster?: string;
  readonly ip?: string;
  readonly remoteIp?: string;
}

/** Where to. Exactly one of workload (the pod, by its own port), service, serviceEntry, gateway, external. */
export interface RequestTo {
  readonly workload?: string;
  readonly service?: string;
  readonly serviceEntry?: string;
  readonly gateway?: string;
  readonly external?: string;
  readonly port: number;
  readonly ip?: string;
  readonly at?: 'sidecar' | 'ztunnel' | 'waypoint' | 'gateway' | 'network-policy';
}

export interface HttpAttributes {
  readonly method: string;
  readonly path: string;
  readonly host?: string;
  /** Either form; the list keeps repeated headers. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
}

export interface Token {
  readonly payload: Readonly<Record<string, unknown>>;
  /** `false`: a token that fails validation. */
  readonly valid?: boolean;
  /** Where it stands; absent: in `Authorization`, after `Bearer `. One of header (with a prefix), param, cookie. */
  readonly in?: {
    readonly header?: string;
    readonly prefix?: string;
    readonly param?: string;
    readonly cookie?: string;
  };
}

export interface ClientTls {
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly clientCert?: { readonly principal?: string; readonly dns?: string; readonly trusted?: boolean };
}
