import { InputError } from '../../../collect/input-error.ts';
import type { RawInput } from '../../read-input.ts';

/** A planned change as `--set` words it: `pa=STRICT@ns`, `dataplane=ambient@ns`, `waypoint@ns`, `istio=1.31`, `enforce=ns/policy`. */
export interface PlannedChange {
  /** In words. */
  readonly summary: string;
  readonly apply: (input: RawInput) => RawInput;
}

/** A change that makes no sense, with what is possible. */
export function wrong(text: string, help: string): InputError {
  return new InputError(`\`--set ${text}\` is not understood`, help);
}
