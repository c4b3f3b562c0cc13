import type { Request } from '../../result/request.ts';
import type { Verdict } from '../../semantics/verdict.ts';

/** What was shown of an invariant. */
export type NeverAnswer =
  /** No request passes, over all requests. */
  | { readonly kind: 'holds' }
  /** This one does. */
  | { readonly kind: 'refuted'; readonly request: Request; readonly verdict: Verdict }
  /** Neither was shown. */
  | { readonly kind: 'open'; readonly why: string };
