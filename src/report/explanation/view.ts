import type { Style } from '../terminal/style.ts';

/** For whom the lines are laid out. */
export interface View {
  readonly width: number;
  readonly style: Style;
  readonly verbose: boolean;
}
