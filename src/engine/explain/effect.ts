import type { Request } from '../../result/request.ts';

/** What else a change turns. */
export interface Effect {
  /** `proven`: over all requests to some ports; `asked`: as far as other requests were tried. */
  readonly basis: 'proven' | 'asked';
  /** How many ports, or how many other requests. */
  readonly looked: number;
  /** How many kinds of request turn, or how many of those that were tried. */
  readonly turned: number;
  /** Some of it at the very port that was asked about: then the change is not limited to what was asked for. */
  readonly nearby: boolean;
  /** The first few. */
  readonly examples: readonly Request[];
}
