import type { AuditResult } from '../result/types.ts';

/** One command and the open conclusions that it settles. */
export interface Proof {
  readonly command: string;
  readonly settles: number;
  readonly unknowns: readonly string[];
}

/** The commands that close unknowns, the one that settles most first; and how many conclusions are open in all. */
export function nextProofs({ residual }: AuditResult): { proofs: Proof[]; open: number } {
  const byCommand = new Map<string, { command: string; settles: number; unknowns: string[] }>();
  for (const { unknown, settles, command } of residual) {
    const proof = byCommand.get(command) ?? { command, settles: 0, unknowns: [] };
    proof.settles += settles;
    proof.unknowns.push(unknown);
    byCommand.set(command, proof);
  }
  const proofs = [...byCommand.values()].sort((a, b) => b.settles - a.settles);
  return { proofs, open: residual.reduce((sum, { settles }) => sum + settles, 0) };
}
