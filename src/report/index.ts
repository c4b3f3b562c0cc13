import type { Renderer } from './renderer.ts';

export type { Renderer, RenderOptions } from './renderer.ts';
export { type RuleRow, renderRule, renderRules } from './rules.ts';

/** Looked up by format, loaded only when asked for. */
export const renderers: Readonly<Record<'terminal' | 'json' | 'markdown' | 'html', () => Promise<Renderer>>> = {
  terminal: async () => (await import('./terminal/index.ts')).renderTerminal,
  json: async () => (await import('./json.ts')).renderJson,
  markdown: async () => (await import('./markdown/index.ts')).renderMarkdown,
  html: async () => (await import('./html/index.ts')).renderHtml,
};
