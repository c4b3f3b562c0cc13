import type { AuditResult } from '../result/types.ts';

export { type RuleRow, renderRule, renderRules } from './rules.ts';

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

/** Looked up by format, loaded only when asked for. */
export const renderers: Readonly<Record<'terminal' | 'json' | 'markdown' | 'html', () => Promise<Renderer>>> = {
  terminal: async () => (await import('./terminal/index.ts')).renderTerminal,
  json: async () => (await import('./json.ts')).renderJson,
  markdown: async () => (await import('./markdown/index.ts')).renderMarkdown,
  html: async () => (await import('./html/index.ts')).renderHtml,
};
