/** A command that is run in a pod that exists. */
export interface PodCommand {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: string;
  /** The command's input does not end. */
  readonly staysOpen?: boolean;
}

export interface PodAnswer {
  /** What it wrote, stdout and stderr. */
  readonly output: string;
  readonly exit: number;
}

/** The way into a cluster for probes: it finds pods and runs a client in them, and can do nothing else. */
export interface PodAccess {
  /** Names of running pods with these labels. */
  pods(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly string[]>;
  run(command: PodCommand): Promise<PodAnswer>;
  close(): void;
}
