import type { StringMatch } from '../../model/istio/http-route.ts';
import { compileRegex } from './regex/regex.ts';

/** One string condition of a route, with values to try when one is wanted. */
export interface TextMatch {
  readonly kind: 'present' | 'exact' | 'prefix' | 'regex' | 'invalid';
  readonly value: string;
  readonly test: (text: string) => boolean;
  readonly samples: readonly string[];
}

/** `regex: "*"` is presence, as is no type at all. Source: istio pilot/pkg/networking/core/route/route.go (canBeConvertedToPresentMatch). */
export function compileTextMatch({ exact, prefix, regex }: StringMatch): TextMatch {
  if (exact !== undefined) return { kind: 'exact', value: exact, test: (text) => text === exact, samples: [exact] };
  if (prefix !== undefined) {
    return { kind: 'prefix', value: prefix, test: (text) => text.startsWith(prefix), samples: [prefix, `${prefix}a`] };
  }
  if (regex === undefined || regex === '*') return { kind: 'present', value: '', test: () => true, samples: ['a', ''] };
  const compiled = compileRegex(regex);
  if (!compiled) return { kind: 'invalid', value: regex, test: () => false, samples: [] };
  return { kind: 'regex', value: regex, test: compiled.test, samples: compiled.samples.filter(compiled.test) };
}

/** As a person writes it: `alice`, `a*`, `~ [0-9]+`, `*`. */
export function textOfMatch({ kind, value }: TextMatch): string {
  switch (kind) {
    case 'exact':
      return value;
    case 'prefix':
      return `${value}*`;
    case 'present':
      return '*';
    default:
      return `~ ${value}`;
  }
}
