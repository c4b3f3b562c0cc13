import { type Principal, principal } from '../model/inventory/types.ts';

/** A mesh identity that no policy names. */
export const strangerOf = (trustDomain: string): Principal => principal(trustDomain, 'some-namespace', 'some-workload');
