// V8 fixes its heap limit when the process starts: a flag set later is ignored (measured on Node 20). So an input that
// may not fit is handed to a second process with a higher limit, and everything else starts without that detour.
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
/** Looking at more entries than this costs more than starting a second process. */
const MAX_ENTRIES = 5000;
/** Inputs of a size that nobody knows beforehand. */
const UNBOUNDED = /^(-|--context(=.*)?|--live)$/;

/** The heap limit in megabytes that these arguments ask for; undefined if the present one will do. */
export function heapLimitFor(args) {
  const present = getHeapStatistics().heap_size_limit;
  if (isLimitChosen()) return undefined;
  const available = Math.floor(availableMemory() * SHARE_OF_MEMORY);
  if (available <= present * 1.1) return undefined;
  const fits = (present * 0.8) / HEAP_PER_BYTE;
  return args.some((arg) => UNBOUNDED.test(arg)) || isLarger(args, fits) ? Math.floor(available / MEGABYTE) : undefined;
}

/** Runs the launcher again with that limit, passes signals on and returns its exit code. */
export function rerunWithHeap(megabytes, launcher, args) {
  const flags = [...process.execArgv, `--max-old-space-size=${megabytes}`];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, launcher, ...args], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (signal === 'SIGABRT') {
        process.stderr.write(`meshproof: out of memory with a heap of ${megabytes} MB\n`);
        resolve(2);
      } else resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

function isLimitChosen() {
  return /--max[-_](old[-_]space|heap)[-_]size/.test([process.env.NODE_OPTIONS, ...process.execArgv].join(' '));
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
