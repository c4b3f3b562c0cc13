/** A time as ISO 8601 in UTC, of such a text or of seconds since 1970; undefined where it is none. */
export function readTime(value: string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'number' ? value * 1000 : Date.parse(value);
  return Number.isFinite(time) && Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : undefined;
}
