import { describe, expect, test } from 'vitest';
import { dark, light, type Palette } from './palette.ts';

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each<[string, Palette]>([
  ['light', light],
  ['dark', dark],
])('%s', (_, { page, panel, sunken, ink, muted, accent, fill, track, tones }) => {
  test.each([page, panel, sunken])('text reads on %s', (ground) => {
    for (const text of [ink, muted, accent]) expect(contrast(text, ground), text).toBeGreaterThanOrEqual(4.5);
  });

  test.each(Object.entries(tones))('%s reads on its own ground and on the panel', (_name, [text, ground]) => {
    expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(text, panel)).toBeGreaterThanOrEqual(4.5);
  });

  test('bars and scales stand out from what they are drawn on', () => {
    expect(contrast(fill, panel)).toBeGreaterThanOrEqual(3);
    expect(contrast(fill, track)).toBeGreaterThanOrEqual(3);
  });
});
