import type { AuditResult } from '../result/types.ts';

/** One command and the open conclusions that it settles. */
export interface Proof {
  readonly command: string;
  readonly settles: number;
  /** Points by which the band of the configured score becomes narrower at least. */
  readonly narrows: number;
  readonly unknowns: readonly string[];
}

/** The commands that close unknowns, the one that settles most first; and how many conclusions are open in all. */
export function nextProofs({ residual }: AuditResult): { proofs: Proof[]; open: number } {
  const byCommand = new Map<string, { command: string; settles: number; narrows: number; unknowns: string[] }>();
  for (const { unknown, settles, command, narrows = 0 } of residual) {
    const proof = byCommand.get(command) ?? { command, settles: 0, narrows: 0, unknowns: [] };
    proof.settles += settles;
    proof.narrows = Math.max(proof.narrows, narrows);
    proof.unknowns.push(unknown);
    byCommand.set(command, proof);
  }
  const proofs = [...byCommand.values()].sort((a, b) => b.settles - a.settles || b.narrows - a.narrows);
  return { proofs, open: residual.reduce((sum, { settles }) => sum + settles, 0) };
}

/** `, narrows the score by 6.5 points at least`; empty where it does not. */
export const narrowsText = ({ narrows }: Proof): string =>
  narrows > 0 ? `, narrows the score by ${narrows} point${narrows === 1 ? '' : 's'} at least` : '';
