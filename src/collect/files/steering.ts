import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LIMITS } from '../limits.ts';
import { readValues } from '../read-text.ts';

/** What a file that steers Helm or kustomize says about the others in its folder. */
export interface Steering {
  readonly file: string;
  /** Empty if there is no such file. */
  readonly message: string;
  readonly help: string;
  /** Absolute paths of files and folders that are no manifests. */
  readonly excluded: readonly string[];
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const NONE: Steering = { file: '', message: '', help: '', excluded: [] };

/** Looks for `Chart.yaml` and `kustomization.yaml` among the entries of a folder. */
export function readSteering(directory: string, entries: readonly string[]): Steering {
  if (entries.includes('Chart.yaml')) {
    const own = entries.filter((entry) => /^(Chart\.(yaml|lock)|templates|values.*\.(ya?ml|json))$/.test(entry));
    return {
      file: 'Chart.yaml',
      message: 'a Helm chart: its templates and values are no manifests and are not read',
      help: 'render it: helm template CHART | meshproof audit -',
      excluded: own.map((entry) => path.join(directory, entry)),
    };
  }
  const file = KUSTOMIZATIONS.find((name) => entries.includes(name));
  if (file === undefined) return NONE;
  const full = path.join(directory, file);
  return {
    file,
    message: 'a kustomization: the files of its folder are read as they are, without what it changes',
    help: 'render it: kustomize build DIR | meshproof audit -',
    excluded: [full, ...partialFiles(full).map((name) => path.resolve(directory, name))],
  };
}

/** Files that a kustomization applies to objects (patches) or puts into them, and that are no objects. */
function partialFiles(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const files: string[] = [];
  const { documents } = readValues(text, file, { ...DEFAULT_LIMITS, documents: 1 });
  for (const { value } of documents) {
    for (const field of ['patches', 'patchesJson6902', 'patchesStrategicMerge', 'replacements', 'configurations']) {
      for (const entry of entriesOf(value, field)) {
        const name = typeof entry === 'string' ? entry : (fieldOf(entry, 'path') ?? '');
        if (typeof name === 'string' && name !== '' && !name.includes('\n')) files.push(name);
      }
    }
  }
  return files;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

function entriesOf(value: unknown, field: string): readonly unknown[] {
  const entries = fieldOf(value, field);
  return Array.isArray(entries) ? entries : [];
}

/** Why a file that somebody named holds no object, as far as its name tells. */
export function explainFileName(name: string): { readonly message: string; readonly help: string } {
  const base = path.basename(name);
  if (base === 'Chart.yaml' || /^values.*\.ya?ml$/.test(base)) {
    return { message: 'part of a Helm chart, no manifest', help: 'render it: helm template CHART | meshproof audit -' };
  }
  if (KUSTOMIZATIONS.includes(base)) {
    return { message: 'a kustomization, no manifest', help: 'render it: kustomize build DIR | meshproof audit -' };
  }
  return {
    message: 'no Kubernetes object: expected `apiVersion`, `kind` and `metadata`',
    help: 'name manifests as input',
  };
}
