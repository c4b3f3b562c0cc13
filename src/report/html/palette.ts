/** Colours of the document. Each ink has to read on what it stands on (WCAG AA, 4.5 to 1); a test computes it for all pairs. */
export interface Palette {
  readonly page: string;
  readonly panel: string;
  readonly sunken: string;
  readonly line: string;
  readonly ink: string;
  readonly muted: string;
  readonly accent: string;
  /** Fills of bars and scales; 3 to 1 on the panel. */
  readonly fill: string;
  readonly track: string;
  readonly tones: Readonly<Record<Tint, readonly [ink: string, ground: string]>>;
}

export type Tint = 'critical' | 'high' | 'medium' | 'low' | 'informational' | 'good' | 'bad' | 'unsure';

export const light: Palette = {
  page: '#f8f8f6',
  panel: '#ffffff',
  sunken: '#f1f2f3',
  line: '#d9dde1',
  ink: '#1c2127',
  muted: '#565f69',
  accent: '#1b5a9e',
  fill: '#2c6cb0',
  track: '#e4e7ea',
  tones: {
    critical: ['#8a0f25', '#fce4e7'],
    high: ['#873700', '#fdeadb'],
    medium: ['#664a00', '#faf0cd'],
    low: ['#145674', '#e0f0f8'],
    informational: ['#474e58', '#e9ebee'],
    good: ['#185c31', '#e0f2e5'],
    bad: ['#8a0f25', '#fce4e7'],
    unsure: ['#563a88', '#eee8f9'],
  },
};

export const dark: Palette = {
  page: '#14171b',
  panel: '#1b1f25',
  sunken: '#23282f',
  line: '#373f49',
  ink: '#e5e8ec',
  muted: '#a6afba',
  accent: '#85b9f2',
  fill: '#6aa6e6',
  track: '#323943',
  tones: {
    critical: ['#ffa3ad', '#431a23'],
    high: ['#ffb684', '#3d2615'],
    medium: ['#f0d071', '#362c11'],
    low: ['#8ccff2', '#143342'],
    informational: ['#bcc4ce', '#2c323a'],
    good: ['#8bdca5', '#163522'],
    bad: ['#ffa3ad', '#431a23'],
    unsure: ['#ccb6f6', '#2e2543'],
  },
};

/** The palette as CSS custom properties. */
export function properties({ tones, ...plain }: Palette): string {
  const rows = [
    ...Object.entries(plain).map(([name, value]) => `--${name}:${value}`),
    ...Object.entries(tones).flatMap(([name, [ink, ground]]) => [`--${name}:${ink}`, `--${name}-ground:${ground}`]),
  ];
  return rows.join(';');
}
