import { createStyle, type Style } from './terminal/style.ts';

export interface ListOptions {
  readonly width: number;
  readonly color: boolean;
  readonly verbose?: boolean;
}

/** How lists of ports, callers and changes are laid out for a terminal. */
export interface ListView {
  readonly width: number;
  readonly style: Style;
  /** How many of many are named. */
  readonly most: number;
}

export function listView({ width, color, verbose }: ListOptions): ListView {
  return { width: Math.max(40, width), style: createStyle(color), most: verbose ? Number.POSITIVE_INFINITY : 5 };
}
