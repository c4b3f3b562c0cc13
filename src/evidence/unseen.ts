import type { Workload } from '../model/inventory/types.ts';
import type { PortEvidence, Proof, WorkloadEvidence } from './evidence.ts';

const OPEN: Proof = { state: 'open', why: 'not compared' };

/** A port of which nothing that a proxy holds was read. */
export const NOTHING_COMPARED: PortEvidence = { mtls: OPEN, policies: OPEN, tokens: OPEN, authorization: OPEN };

/** A workload of which no proxy was looked into. */
export const unseen = (workload: Workload): WorkloadEvidence => ({
  workload,
  proxies: [],
  replicas: workload.pods.length > 0 ? workload.pods.length : workload.replicas,
  captured: { state: 'loaded', why: 'no proxy was looked into' },
  ports: new Map(),
});
