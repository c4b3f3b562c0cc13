import { rungs } from '../result/method.ts';
import { percent } from './wording.ts';

/** The coverage that a rating starts from: `from 50 %`. */
export function rungText(rating: number): string {
  const rung = rungs.find((each) => each.rating === rating);
  if (!rung) return '';
  if (rung.above) return `above ${percent(rung.from)}`;
  if (rung.from === 0) return percent(0);
  return `${rung.from === 1 ? '' : 'from '}${percent(rung.from)}${rung.tested ? ' with tests' : ''}`;
}
