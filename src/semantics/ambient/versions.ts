import type { ConversionContext } from './convert-policy.ts';

/** The release whose behaviour the vectors hold. */
const RECORDED_MINOR = 31;

/**
 * Rows of behaviour that differ between Istio minors.
 *
 * `trustDomains`: dropped in silence up to 1.31 (recorded); taken for an HTTP attribute from 1.32 on (read in source, no vector covers it).
 */
export function trustDomainsAtZtunnel(version?: string): ConversionContext['trustDomains'] {
  const minor = Number(/^1\.(\d+)/.exec(version ?? '')?.[1] ?? RECORDED_MINOR);
  return minor >= 32 ? 'unsupported' : 'dropped';
}
