/**
 * Path templates: a value that holds `{*}` or `{**}`. `{*}` is one segment, `{**}` zero or more segments; both need the slash before them.
 *
 * Source: istio pkg/config/security/security.go (CheckValidPathTemplate), pilot/pkg/security/authz/matcher/template.go; observed on
 * Envoy's uri_template matcher (reference §2.7, §14).
 */
export const isPathTemplate = (value: string): boolean => value.includes('{*}') || value.includes('{**}');

/** A matcher for one template, or undefined where Istio refuses the template (a star outside the operators, a partial segment). */
export function pathTemplateMatcher(template: string): ((path: string) => boolean) | undefined {
  if (!template.startsWith('/')) return undefined;
  let pattern = '^';
  let sawRest = false;
  for (const segment of template.slice(1).split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (sawRest) return undefined;
      pattern += segment === '{*}' ? '/[^/]+' : '/.*';
      sawRest = segment === '{**}';
    } else {
      // The webhook refuses operators inside a segment. Where one got in, Envoy takes the star for a quantifier (recorded).
      const literal = segment.replaceAll('{*}', '*');
      if (/[{}]|^\*|\*\*/.test(literal)) return undefined;
      pattern += `/${literal.split('*').map(escapeRegExp).join('*')}`;
    }
  }
  const expression = new RegExp(`${pattern}$`, 's');
  return (path) => expression.test(path);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
