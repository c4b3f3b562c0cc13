import { describe, expect, it } from 'vitest';
import { isExported } from './visibility.ts';

describe('isExported', () => {
  it.each<[readonly string[] | undefined, readonly string[], readonly string[]]>([
    // exportTo, the mesh's default, and who sees it.
    [undefined, [], ['shop', 'edge', 'team']],
    [[], [], ['shop', 'edge', 'team']],
    [undefined, ['.'], ['shop']],
    [[], ['edge'], ['edge']],
    [undefined, ['~'], []],
    [['*'], ['.'], ['shop', 'edge', 'team']],
    [['.'], ['*'], ['shop']],
    [['~'], ['*'], []],
    [['edge'], ['*'], ['edge']],
    [['.', 'edge'], ['*'], ['shop', 'edge']],
    [['edge', '*'], [], ['shop', 'edge', 'team']],
  ])('shows what shop exports to %j, by default %j, to %j', (exportTo, byDefault, expected) => {
    const seen = ['shop', 'edge', 'team'].filter((namespace) => isExported(exportTo, byDefault, 'shop', namespace));
    expect(seen).toEqual(expected);
  });
});
