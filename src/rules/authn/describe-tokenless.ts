import { EVERY_PATH, type Tokenless } from '../../graph/tokenless.ts';

/** `GET every path but /api/*`. */
export function describeTokenless({ what, method, except }: Tokenless): string {
  const but = what === EVERY_PATH && except.length > 0 ? ` but ${except.slice(0, 5).join(', ')}` : '';
  return `${method} ${what}${but}`;
}
