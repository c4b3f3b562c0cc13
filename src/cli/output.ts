/** Where commands write. Results to stdout, everything else to stderr. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly color: boolean;
  readonly width: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The process' own streams; colour only where a person looks at it and nobody said otherwise (https://no-color.org). */
export function processOutput(flags: {
  readonly quiet?: boolean;
  readonly color?: boolean;
  readonly verbose?: boolean;
}): Output {
  const { stdout, stderr, env } = process;
  const wanted = flags.color !== false && !env.NO_COLOR;
  return {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    color: wanted && (stdout.isTTY === true || env.FORCE_COLOR !== undefined),
    width: stdout.columns ?? 100,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
  };
}
