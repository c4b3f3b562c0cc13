import { it } from 'vitest';
import { replayConformance } from '../replay/conformance.ts';
it('show', () => {
  const { replayed } = replayConformance();
  const wrong = replayed.filter(({ expected, got }) => expected !== got);
  const by = new Map<string, number>();
  for (const w of wrong) by.set(w.set, (by.get(w.set) ?? 0) + 1);
  const lines = wrong.map((w) => `${w.accepted ? '' : 'REJ '}${w.set}: expected ${w.expected} got ${w.got} ${JSON.stringify(w.request)}`);
  console.log(`${replayed.length} replayed, ${wrong.length} wrong in ${by.size} sets\n` + lines.slice(0, 80).join('\n'));
});
