import type { Unresolved } from '../../semantics/resolve-request.ts';
import { suggest } from '../../util/suggest.ts';

/** Nothing has that name: what was meant, or what there is. */
export function unknownName(what: string, name: string, known: readonly string[]): Unresolved {
  const help = name.includes('/') ? nearestName(name, known) : withNamespace(name, known);
  return {
    error: `there is no ${what} \`${name}\` in the input`,
    help: help ?? (known.length > 0 ? `there is: ${nameList(known)}` : `the input holds no ${what}`),
  };
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = suggest(name, known);
  if (near) return `did you mean \`${near}\`?`;
  const [, ...rest] = name.split('/');
  const same = known.filter((each) => each.endsWith(`/${rest.join('/')}`));
  return same.length > 0 ? `did you mean \`${same.slice(0, 3).join('`, `')}\`?` : undefined;
}

/** A name alone: the namespace is missing. */
function withNamespace(name: string, known: readonly string[]): string | undefined {
  const same = known.filter((each) => each.slice(each.lastIndexOf('/') + 1) === name);
  const near = same.length > 0 ? same : known.filter((each) => suggest(name, [each.slice(each.lastIndexOf('/') + 1)]));
  return near.length > 0 ? `did you mean \`${near.slice(0, 3).join('`, `')}\`?` : undefined;
}

const MOST = 8;

/** The first few names, for a message. */
function nameList(names: readonly string[]): string {
  const all = [...names].sort();
  return all.length > MOST ? `${all.slice(0, MOST).join(', ')} and ${all.length - MOST} more` : all.join(', ');
}

/** `8080 (http), 9090 (grpc)`. */
export function portList(ports: readonly { readonly port: number; readonly protocol: string }[]): string {
  return ports.map(({ port, protocol }) => `${port} (${protocol})`).join(', ') || 'none';
}
