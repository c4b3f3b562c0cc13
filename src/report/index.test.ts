import { expect, test } from 'vitest';
import { sampleResult } from '../../test/sample-result.ts';
import { renderers } from './index.ts';

test.each(Object.entries(renderers))(
  '%s: loads when asked for, ends with one line break, leaves the result as it was',
  async (_, load) => {
    const render = await load();
    const result = sampleResult();
    const text = render(result, { width: 80, color: false });
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).toContain('payments/ledger');
    expect(result).toEqual(sampleResult());
  },
);
