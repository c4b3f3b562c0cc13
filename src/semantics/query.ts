import type { MeshService, Principal, ServicePort, Workload } from '../model/inventory/types.ts';
import type { ClientTls } from '../result/request.ts';
import type { Client, HttpRequest, Position, Transport } from './attempt.ts';
import type { SentToken } from './jwt/token-place.ts';
import type { Watch } from './judged.ts';
import type { EnforcementPoint } from './verdict.ts';

/** One request with everything that names have been resolved to. What is absent is not stated. */
export interface Query {
  readonly client: Client;
  readonly source: Source;
  readonly destination: Destination;
  readonly http?: HttpRequest;
  /** HTTP that the sending proxy takes for bytes: over mutual TLS it says so by ALPN. */
  readonly asBytes?: true;
  readonly token?: SentToken;
  readonly sni?: string;
  /** The client's handshake at a gateway, if stated. */
  readonly tls?: ClientTls;
  readonly transport: 'TCP' | 'UDP' | 'SCTP';
  /** Trace also what missed, for a person who asks why. */
  readonly explain?: boolean;
  /** Told what each point evaluates. */
  readonly watch?: Watch;
  /** Ask this point alone, as if the connection had arrived there with the stated peer. */
  readonly at?: EnforcementPoint;
}

/** Position and identity are kept apart: NetworkPolicy sees the first, Istio the second. */
export interface Source {
  readonly position: Position;
  /** What it can prove; null: nothing. */
  readonly identity: Principal | null;
  /** The stated way to connect; absent: whatever the client (its proxy, or an attacker) chooses. */
  readonly connects?: Transport;
  /** The container of the pod that sends, if stated. */
  readonly container?: string;
  readonly ip?: string;
  readonly remoteIp?: string;
}

export interface Destination {
  readonly workload: Workload;
  /** The workload's own port. */
  readonly port: number;
  readonly ip?: string;
  /** The service through which it is addressed; absent: the pod itself. */
  readonly via?: { readonly service: MeshService; readonly port: ServicePort };
}

/** The address that the request arrives at: as stated, else the pod's if it has a single one that is known. */
export function addressOf({ ip, workload }: Pick<Destination, 'ip' | 'workload'>): string | undefined {
  return ip ?? (workload.addresses.length === 1 ? workload.addresses[0] : undefined);
}
