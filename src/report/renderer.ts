import type { AuditResult } from '../result/types.ts';

export interface RenderOptions {
  /** Terminal columns. Only the terminal report looks at it, and at `color`. */
  readonly width: number;
  readonly color: boolean;
  /** Only what is open, and the command that settles each. */
  readonly residualOnly?: boolean;
  /** Terminal: evidence, tests, patches, inventory and every subject as well. The other formats always hold all. */
  readonly verbose?: boolean;
}

/** A pure function of the result: same result, same bytes. The text ends with a line break. */
export type Renderer = (result: AuditResult, options: RenderOptions) => string;
