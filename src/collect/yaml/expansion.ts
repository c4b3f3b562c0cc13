import type { Limits } from '../limits.ts';

interface Size {
  readonly nodes: number;
  readonly depth: number;
}

/**
 * What is wrong with a value whose aliases make it larger than its text: a node that contains itself, or too many or too deeply nested
 * values once they are followed. Each node is measured once, however often it is used.
 */
export function findExcess(value: unknown, limits: Limits): string | undefined {
  const sizes = new Map<object, Size | 'open'>();
  let excess: string | undefined;
  const measure = (node: unknown, level: number): Size => {
    if (typeof node !== 'object' || node === null) return { nodes: 1, depth: 0 };
    const known = sizes.get(node);
    if (known === 'open') excess ??= 'an anchor contains an alias to itself';
    else if (known) return known;
    if (level > limits.depth) excess ??= 'nested too deeply';
    if (excess) return { nodes: 1, depth: 0 };
    sizes.set(node, 'open');
    let nodes = 1;
    let depth = 0;
    for (const child of Object.values(node)) {
      const size = measure(child, level + 1);
      nodes += size.nodes;
      depth = Math.max(depth, size.depth + 1);
    }
    if (nodes > limits.nodes) excess ??= `aliases expand to more than ${limits.nodes} values`;
    if (level + depth > limits.depth) excess ??= 'nested too deeply';
    const size = { nodes, depth };
    sizes.set(node, size);
    return size;
  };
  measure(value, 0);
  return excess;
}
