// V8 fixes its heap limits when the process starts: a flag set later is ignored (measured on Node 20). So an input that
// may not fit is handed to a second process with a higher limit; so is one that is large enough to gain by more room for
// young objects (most of what is made of a mesh stays, and would be copied over and over). Everything else starts
// without that detour.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { constants, totalmem } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';

const MEGABYTE = 2 ** 20;
/** Heap that a byte of manifest takes at the peak; js-yaml alone was measured at about 24. */
const HEAP_PER_BYTE = 30;
const GZIP_RATIO = 12;
const SHARE_OF_MEMORY = 0.75;
/** From here on a second process costs less than it saves. */
const LARGE_INPUT = 4 * MEGABYTE;
/** Four times what V8 takes by itself. */
const YOUNG_MEGABYTES = 64;
/** Looking at more entries than this costs more than starting a second process. */
const MAX_ENTRIES = 5000;
/** Inputs of a size that nobody knows beforehand. */
const UNBOUNDED = /^(-|--context(=.*)?|--live)$/;

/** The flags that these arguments ask for; undefined if the process will do as it is. */
export function heapFlagsFor(args) {
  const flags = [];
  if (!isChosen(/--max[-_](old[-_]space|heap)[-_]size/)) {
    const megabytes = heapLimitFor(args);
    if (megabytes !== undefined) flags.push(`--max-old-space-size=${megabytes}`);
  }
  if (!isChosen(/--(max|min)[-_]semi[-_]space[-_]size/) && (flags.length > 0 || isLarger(args, LARGE_INPUT)))
    // From the start: to grow to it takes collections of its own (the flags are there on Node 20, 22 and 24).
    flags.push(`--min-semi-space-size=${YOUNG_MEGABYTES}`, `--max-semi-space-size=${YOUNG_MEGABYTES}`);
  return flags.length > 0 ? flags : undefined;
}

/** The heap limit in megabytes; undefined if the present one will do. */
function heapLimitFor(args) {
  const present = getHeapStatistics().heap_size_limit;
  const available = Math.floor(availableMemory() * SHARE_OF_MEMORY);
  if (available <= present * 1.1) return undefined;
  const fits = (present * 0.8) / HEAP_PER_BYTE;
  return args.some((arg) => UNBOUNDED.test(arg)) || isLarger(args, fits) ? Math.floor(available / MEGABYTE) : undefined;
}

/** Runs the launcher again with these flags, passes signals on and returns its exit code. */
export function rerunWithHeap(flags, launcher, args) {
  const all = [...process.execArgv, ...flags, launcher, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, all, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (signal === 'SIGABRT') {
        process.stderr.write(`meshproof: out of memory (started with ${flags.join(' ')})\n`);
        resolve(2);
      } else resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

function isChosen(flag) {
  return flag.test([process.env.NODE_OPTIONS, ...process.execArgv].join(' '));
}

function availableMemory() {
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** Whether the files and folders among the arguments (`a`, `NAME=a`, `--flag=a`) hold more than `limit` bytes. */
function isLarger(args, limit) {
  const pending = args.flatMap((arg) => [arg, arg.slice(arg.indexOf('=') + 1)]);
  const seen = new Set();
  let bytes = 0;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) pending.push(...entriesOf(path));
    else if (stat) bytes += stat.size * (/\.t?gz$/.test(path) ? GZIP_RATIO : 1);
    if (bytes > limit || seen.size > MAX_ENTRIES) return true;
  }
  return false;
}

function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => (entry.isDirectory() ? !/^(\.|node_modules$)/.test(entry.name) : entry.isFile()))
      .map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}
