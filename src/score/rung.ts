import { rungs } from '../result/method.ts';

/** The rating that a coverage comes to; nothing to cover (`of` 0) is for the caller to judge. */
export function rungOf(have: number, of: number, tested: boolean): number {
  let rating = 0;
  for (const rung of rungs) if (reaches(rung, have, of, tested)) rating = rung.rating;
  return rating;
}

/** The next rung above `rating`, and how many must be covered for it; undefined at the top. */
export function nextRung(
  rating: number,
  of: number,
): { readonly rating: number; readonly have: number; readonly tested: boolean } | undefined {
  const rung = rungs.find((candidate) => candidate.rating > rating);
  if (!rung) return undefined;
  const tested = rung.tested === true;
  for (let have = Math.max(0, Math.floor(rung.from * of) - 1); have <= of; have += 1) {
    if (reaches(rung, have, of, true)) return { rating: rung.rating, have, tested };
  }
  return { rating: rung.rating, have: of, tested };
}

function reaches(
  { from, above, tested: needsTests }: (typeof rungs)[number],
  have: number,
  of: number,
  tested: boolean,
): boolean {
  const share = have / of;
  return (above ? share > from : share >= from) && (!needsTests || tested);
}
