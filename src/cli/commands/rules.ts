import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../collect/input-error.ts';
import { type RuleRow, renderRule, renderRules } from '../../report/index.ts';
import { RULES } from '../../rules/index.ts';
import { suggest } from '../../util/suggest.ts';
import { processOutput } from '../output.ts';

interface Flags {
  readonly format: 'terminal' | 'json';
  readonly color?: boolean;
}

/** `meshproof rules`: the catalogue. */
export async function rulesCommand(flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const rules = RULES.map(rowOf);
  output.out(flags.format === 'json' ? `${JSON.stringify({ rules }, null, 2)}\n` : renderRules(rules, output));
  return 0;
}

/** `meshproof rule ID`: the page of one rule. */
export async function ruleCommand(id: string, flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const rule = RULES.find(({ meta }) => meta.id === id);
  if (!rule) {
    const near = suggest(
      id,
      RULES.map(({ meta }) => meta.id),
    );
    throw new InputError(
      `there is no rule \`${id}\``,
      near ? `did you mean \`${near}\`?` : '`meshproof rules` lists them',
    );
  }
  const row = rowOf(rule);
  const text = readPage(row.page);
  output.out(flags.format === 'json' ? `${JSON.stringify({ ...row, text }, null, 2)}\n` : renderRule(text, output));
  return 0;
}

function rowOf({ meta: { id, title, severity, catalogue } }: (typeof RULES)[number]): RuleRow {
  return { id, title, area: id.slice(0, id.indexOf('/')), severity, catalogue, page: `docs/rules/${id}.md` };
}

/** Pages come with the package: above this file, in the sources as in the bundle. */
function readPage(page: string): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = fileURLToPath(new URL(page, folder));
    if (existsSync(file)) return readFileSync(file, 'utf8');
    if (folder.pathname === '/' || folder.href === new URL('..', folder).href) break;
  }
  throw new InputError(`the page ${page} is not in this installation`, 'install the package again');
}
