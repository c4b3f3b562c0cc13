import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunOptions {
  readonly cwd?: string;
  /** Beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its stdin and stdout are read here; only stderr is logged. */
  readonly isAsked?: boolean;
}

/** Processes that a test needs all the time. */
export interface Processes {
  run(name: string, command: string, args: readonly string[], options?: RunOptions): ChildProcess;
  /** Asks until there is an answer; fails, with the end of its log, once one of the processes has ended. */
  until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T>;
  /** Ends one that was meant to end. */
  end(name: string): Promise<void>;
  /** Ends all, the last first. */
  stop(): Promise<void>;
}

const LOG_BYTES = 3_000;

/** Starts processes with their logs in a folder, and tells which of them is at fault. */
export function keepProcesses(folder: string): Processes {
  const kept = new Map<string, ChildProcess>();
  const failed = new Map<string, string>();
  const logOf = (name: string): string => join(folder, `${name}.log`);
  const end = async (name: string): Promise<void> => {
    const child = kept.get(name);
    kept.delete(name);
    failed.delete(name);
    if (child) await ended(child);
  };
  mkdirSync(folder, { recursive: true });
  return {
    run(name, command, args, { cwd, env = {}, isAsked = false } = {}) {
      const log = openSync(logOf(name), 'a');
      const child = spawn(command, args, {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...env },
        stdio: isAsked ? ['pipe', 'pipe', log] : ['ignore', log, log],
      });
      closeSync(log);
      kept.set(name, child);
      const note = (how: string): void => {
        if (kept.get(name) === child) failed.set(name, how);
      };
      child.on('error', ({ message }) => note(message));
      child.on('exit', (code, signal) => note(`ended with ${signal ?? `exit code ${code}`}`));
      return child;
    },
    async until(what, seconds, ask) {
      const last = Date.now() + seconds * 1000;
      let problem = '';
      for (;;) {
        for (const [name, how] of failed) throw new Error(`${name} ${how}\n${tailOf(logOf(name))}`);
        try {
          const answer = await ask();
          if (answer !== undefined) return answer;
        } catch (error) {
          problem = error instanceof Error ? error.message : String(error);
        }
        if (Date.now() > last) throw new Error(lateness(what, seconds, problem, [...kept.keys()].map(logOf)));
        await sleep(50);
      }
    },
    end,
    async stop() {
      for (const name of [...kept.keys()].reverse()) await end(name);
    },
  };
}

function lateness(what: string, seconds: number, problem: string, logs: readonly string[]): string {
  const tails = logs.map(tailOf).filter(Boolean);
  return [`${what}: not within ${seconds} s${problem && `; ${problem}`}`, ...tails].join('\n');
}

function tailOf(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8').slice(-LOG_BYTES).trim() : '';
  return text && `--- end of ${file}\n${text}`;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((done) => {
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.on('exit', () => {
      clearTimeout(late);
      done();
    });
    child.kill('SIGTERM');
  });
}
