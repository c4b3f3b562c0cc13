import { hasChange } from '../versions.ts';
import type { ConversionContext } from './convert-policy.ts';

/** What becomes of `trustDomains` on the way to ztunnel. */
export function trustDomainsAtZtunnel(version?: string): ConversionContext['trustDomains'] {
  return hasChange('trust-domains-at-ztunnel', version) ? 'unsupported' : 'dropped';
}
