import type { Resource } from '../../model/resource.ts';
import type { By } from '../../result/location.ts';
import type { PolicyChange } from '../apply.ts';

/** One small fault that somebody could make in a policy: a rule that is gone, a condition that is forgotten, a mode that is looser. */
export interface Mutant {
  /** `delete rule 1`, `drop rule 0 to`, `STRICT → PERMISSIVE`: what is done to the object. */
  readonly what: string;
  readonly operator: Operator;
  /** The object as it is. */
  readonly resource: Resource;
  /** The part of it that is taken away. */
  readonly by: By;
  readonly change: PolicyChange;
}

export type Operator = 'delete-policy' | 'delete-rule' | 'drop-clause' | 'make-permissive';
