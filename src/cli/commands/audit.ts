export async function auditCommand(_inputs: readonly string[], _flags: unknown): Promise<number> {
  return 2;
}
