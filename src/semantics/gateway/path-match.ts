import type { StringMatch } from '../../model/istio/http-route.ts';
import { compileRegex } from './regex/regex.ts';
import type { RouteObject } from './route-object.ts';

/** How a route matches the path without query. `segments`: whole path segments, as the Gateway API and Ingress count prefixes. */
export interface PathMatch {
  readonly kind: 'prefix' | 'segments' | 'exact' | 'regex' | 'invalid';
  readonly value: string;
  readonly caseless: boolean;
  readonly test: (path: string) => boolean;
  readonly samples: readonly string[];
}

/**
 * Source: istio pilot/pkg/networking/core/route/route.go (TranslateRouteMatch); envoy source/common/router/config_impl.cc. `ignoreUriCase`
 * means nothing to regular expressions.
 */
export function compilePathMatch(
  uri: StringMatch | undefined,
  ignoreCase: boolean,
  semantics: RouteObject['semantics'],
): PathMatch {
  if (!uri) return ANY;
  const fold = ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  if (uri.exact !== undefined) {
    const value = uri.exact;
    return { kind: 'exact', value, caseless: ignoreCase, test: (path) => fold(path) === fold(value), samples: [value] };
  }
  if (uri.prefix !== undefined) {
    const bySegment = semantics !== 'istio' && uri.prefix !== '/';
    const value = bySegment ? uri.prefix.replace(/\/$/, '') : uri.prefix;
    const starts = (path: string): boolean => fold(path).startsWith(fold(value));
    const test = bySegment
      ? (path: string) => starts(path) && (path.length === value.length || path[value.length] === '/')
      : starts;
    return {
      kind: bySegment ? 'segments' : 'prefix',
      value,
      caseless: ignoreCase,
      test,
      samples: prefixSamples(value),
    };
  }
  if (uri.regex === undefined) return ANY;
  const regex = compileRegex(uri.regex);
  if (!regex) return { kind: 'invalid', value: uri.regex, caseless: false, test: () => false, samples: [] };
  const likely = regex.samples.map((sample) => (sample.startsWith('/') ? sample : `/${sample}`));
  const samples = [...new Set([...likely, ...prefixSamples('/')])].filter(regex.test);
  return { kind: 'regex', value: uri.regex, caseless: false, test: regex.test, samples };
}

/** Whether every path of `narrow` is one of `wide`; false also where that is not plain to see. */
export function subsumesPath(wide: PathMatch, narrow: PathMatch): boolean {
  if (narrow.caseless && !wide.caseless) return false;
  const fold = wide.caseless ? (text: string) => text.toLowerCase() : (text: string) => text;
  const [outer, inner] = [fold(wide.value), fold(narrow.value)];
  if (narrow.kind === 'regex' || narrow.kind === 'invalid') return wide.kind === 'prefix' && outer === '/';
  switch (wide.kind) {
    case 'prefix':
      return inner.startsWith(outer);
    case 'segments':
      return inner.startsWith(`${outer}/`) || (inner === outer && narrow.kind !== 'prefix');
    case 'exact':
      return narrow.kind === 'exact' && inner === outer;
    default:
      return false;
  }
}

/** The prefix itself, and paths below it, for the case that an earlier route takes the prefix. */
function prefixSamples(prefix: string): readonly string[] {
  const base = prefix === '' ? '/' : prefix;
  const under = base.endsWith('/') ? base : `${base}/`;
  return [base, `${under}any`, `${under}any/other`, under, `${base}any`];
}

const ANY: PathMatch = {
  kind: 'prefix',
  value: '/',
  caseless: false,
  test: (path) => path.startsWith('/'),
  samples: prefixSamples('/'),
};

/** As a person writes it: `/info`, `/info*`, `/info/**` (whole segments), `~ /v[0-9]+`. */
export function textOfPath({ kind, value }: PathMatch): string {
  switch (kind) {
    case 'exact':
      return value;
    case 'prefix':
      return `${value}*`;
    case 'segments':
      return `${value}/**`;
    default:
      return `~ ${value}`;
  }
}
