import { dump } from 'js-yaml';
import type { Manifest } from '../../model/change/manifest.ts';

/** A manifest as text, in the order in which it was built. */
export function yamlOf(manifest: Manifest): string {
  return dump(manifest, { lineWidth: 120, noRefs: true });
}
