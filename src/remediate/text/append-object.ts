import type { Manifest } from '../../model/change/manifest.ts';
import { yamlOf } from './yaml-of.ts';
import type { Place, Spliced } from './splice-edits.ts';
import { spliceEdits } from './splice-edits.ts';

/** Adds an object to the text that holds the one at `place`: an entry of the same List, or a document at the end of the stream. */
export function appendObject(text: string, place: Place, manifest: Manifest): Spliced {
  const list = place.path.slice(0, -1);
  if (place.path.length > 0)
    return spliceEdits(text, { ...place, path: [] }, [{ op: 'append', path: list, value: manifest }]);
  const lead = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const added = place.format === 'json' ? `${JSON.stringify(manifest, null, 2)}\n` : `---\n${yamlOf(manifest)}`;
  return { text: lead + added, end: lead.length + added.length };
}
