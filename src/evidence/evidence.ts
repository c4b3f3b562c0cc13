import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { Resource } from '../model/resource.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { Query } from '../semantics/query.ts';

/** What was seen of the mesh running, held against what its configuration comes to (method.md, Evidence). Pure data. */
export interface Evidence {
  of(workload: Pick<Workload, 'id'>): WorkloadEvidence | undefined;
  readonly all: readonly WorkloadEvidence[];
  /** Contradictions between what runs and what is configured, each with the proxies that show it. */
  readonly drifts: readonly Drift[];
  /** The objects that istiod holds beside those of the input; absent: it was not asked. */
  readonly applied?: Applied;
  /** What was seen and belongs to no workload of the input, in words. */
  readonly strangers: readonly string[];
}

/** The proxies of one workload that were looked into. */
export interface WorkloadEvidence {
  readonly workload: Workload;
  readonly proxies: readonly SeenProxy[];
  /** Running replicas, as far as the input says; undefined: unknown. */
  readonly replicas: number | undefined;
  /** Every replica was looked into, has its configuration in use, and has its traffic redirected to it. */
  readonly captured: Proof;
  readonly ports: ReadonlyMap<number, PortEvidence>;
}

export interface SeenProxy {
  readonly pod: string;
  readonly file: string;
  readonly at?: string;
  /** Too long ago to say what is in force now. */
  readonly isOld: boolean;
}

export interface PortEvidence {
  /** What its proxies hold, where that is not what the configuration says; the weakest, where they differ. */
  readonly holds?: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  readonly mtls: Proof;
  readonly policies: Proof;
  /** The JWT rules. */
  readonly tokens: Proof;
  /** Of a gateway: where it may lead requests, by host. */
  readonly routes?: Proof;
  /** Policies and tokens: what decides who gets in. */
  readonly authorization: Proof;
  /** Probes that were answered as the configuration says: allowed, and denied. */
  readonly exercised?: { readonly allowed: number; readonly denied: number };
}

/**
 * `verified`: all replicas hold it and have their traffic captured; `loaded`: what was seen agrees, and something is missing; `contradicted`: a
 * proxy holds something else; `open`: it could not be compared.
 */
export interface Proof {
  readonly state: 'verified' | 'loaded' | 'contradicted' | 'open';
  /** `loaded and captured, 3 of 3 replicas`, or what is missing. */
  readonly why: string;
  /** Seen in traffic both ways: allowed passes, denied fails. That is proof by itself, whatever is known of the data plane. */
  readonly exercised?: true;
}

export type DriftKind = 'policies' | 'mutual-tls' | 'tokens' | 'rejected' | 'not-captured' | 'serving';

/** One thing that a proxy does otherwise than its configuration says. */
export interface Drift {
  readonly kind: DriftKind;
  readonly workload: Workload;
  readonly port?: number;
  /** What was seen to hold it: a proxy of the workload's own where nothing is said, or ztunnel, or istiod, which would send it. */
  readonly holder?: 'ztunnel' | 'istiod';
  /** What traffic goes past, where that is not the workload's own proxy. */
  readonly past?: 'waypoint';
  /** Which of the two lets more through; undefined: neither is known to. */
  readonly looser?: 'proxy' | 'configuration';
  /** What is different, as a sentence. */
  readonly what: string;
  /** Why it was rejected, in the proxy's words. */
  readonly reason?: string;
  /** What istiod sent was not refused, but never answered, or nothing was sent. */
  readonly unanswered?: true;
  /** Policies that apply and of which the proxy holds nothing. */
  readonly missing?: readonly AuthorizationPolicy[];
  /** A request that the two treat differently. */
  readonly witness?: Query;
  /** Likely causes, the likeliest first. */
  readonly causes: readonly string[];
  readonly proxies: readonly SeenProxy[];
  /** Where somebody wrote it down, in place of proxies. */
  readonly testimony?: Pick<SeenProxy, 'file' | 'at' | 'isOld'> & { readonly line: number };
}

/** What istiod was seen to hold of the objects of the input. */
export interface Applied {
  readonly drifts: readonly ObjectDrift[];
  /** Those that it holds as they are. */
  readonly same: readonly Resource[];
}

/** An object that istiod does not have, has in addition, or has with another content. */
export interface ObjectDrift {
  readonly kind: 'missing' | 'extra' | 'different';
  /** The input's, or of what is extra istiod's. */
  readonly object: Resource;
  /** Where the input has it. */
  readonly own?: Resource;
  /** Paths that differ. Their values are in the files. */
  readonly fields: readonly string[];
  readonly seen: Pick<SeenProxy, 'file' | 'at' | 'isOld'>;
}
