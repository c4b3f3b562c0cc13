export async function rulesCommand(_flags: unknown): Promise<number> {
  return 2;
}
export async function ruleCommand(_id: string, _flags: unknown): Promise<number> {
  return 2;
}
