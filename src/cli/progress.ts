const PATIENCE = 500;

/** Tells on stderr what goes on, once the work has taken half a second; nothing where no terminal is there to see it. */
export interface Progress {
  readonly step: (what: string) => void;
  /** Takes the line away again. */
  readonly end: () => void;
}

export function progressOn(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet || !stream.isTTY) return { step: () => undefined, end: () => undefined };
  const start = performance.now();
  let shown = false;
  const clear = '\r\u001b[K';
  return {
    step(what) {
      if (performance.now() - start < PATIENCE) return;
      shown = true;
      stream.write(`${clear}${what} …`);
    },
    end() {
      if (shown) stream.write(clear);
      shown = false;
    },
  };
}
