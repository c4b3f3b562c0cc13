import type { Seen } from './seen.ts';

/** The Services that istiod knows: `/debug/registryz`. Those of ServiceEntries are among the objects that it holds. */
export interface KnownServices extends Seen {
  readonly kind: 'istiod-services';
  readonly services: readonly KnownService[];
}

export interface KnownService {
  readonly namespace: string;
  readonly name: string;
  /** Absent: those of several clusters were made one, so that nothing is said of any of them. */
  readonly says?: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly KnownPort[];
  };
}

export interface KnownPort {
  readonly name: string;
  readonly port: number;
  /** Istio's word: `HTTP`, `GRPC`, `TCP`, `UnsupportedProtocol` where the bytes tell. */
  readonly protocol: string;
}
