import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DeepReadonly } from '../../result/deep-readonly.ts';
import { fileOf, type ObjectStore, toLines } from '../live/object-store.ts';
import type { RawValue } from '../snapshot.ts';
import { type ListRead, listRead } from './manifest.ts';

const JOURNAL = 'journal.ndjson';
/** What is kept beside the lists of the cluster. */
const OWN_GROUP = 'meshproof.dev';

/** What a journal is of: it is continued only for the same. */
const journalHead = z.strictObject({
  cluster: z.string(),
  version: z.string(),
  namespaces: z.array(z.string()).optional(),
  startedAt: z.iso.datetime(),
});
export type JournalHead = DeepReadonly<z.infer<typeof journalHead>>;

export interface FileStore extends ObjectStore {
  /** Of the run that began it. */
  readonly startedAt: string;
  /** Lists that an earlier run had read to their end. */
  readonly resumed: number;
}

/**
 * Keeps what is collected from one cluster as a folder of files, with a journal of the lists that are complete, so that a run that was
 * stopped can be continued. Without `resume` it begins anew. Only the user may read the files.
 */
export function fileStore(folder: string, head: JournalHead, resume: boolean): FileStore {
  const known = resume ? readJournal(folder, head) : undefined;
  const lists = new Map((known?.lists ?? []).map((list) => [list.file, list]));
  const startedAt = known?.startedAt ?? head.startedAt;
  const journal = path.join(folder, JOURNAL);
  rmSync(journal, { force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    journal,
    [{ ...head, startedAt }, ...lists.values()].map((line) => `${JSON.stringify(line)}\n`).join(''),
    {
      mode: 0o600,
    },
  );
  return {
    startedAt,
    resumed: [...lists.values()].filter(({ group }) => group !== OWN_GROUP).length,
    find: (list) => lists.get(fileOf(list)),
    async open(list) {
      const file = fileOf(list);
      const full = path.join(folder, file);
      await rm(full, { force: true });
      const handle = await open(full, 'ax', 0o600);
      let hash = createHash('sha256');
      let objects = 0;
      return {
        async add(values) {
          const lines = toLines(values);
          hash.update(lines);
          objects += values.length;
          await handle.appendFile(lines);
        },
        async restart() {
          hash = createHash('sha256');
          objects = 0;
          await handle.truncate(0);
        },
        async close() {
          await handle.close();
          return { file, sha256: hash.digest('hex'), objects };
        },
      };
    },
    done(list) {
      lists.set(list.file, list);
      appendFileSync(journal, `${JSON.stringify(list)}\n`);
    },
    async read({ file }) {
      const text = await readFile(path.join(folder, file), 'utf8');
      return text.split('\n').flatMap((line): RawValue[] => (line === '' ? [] : [JSON.parse(line)]));
    },
  };
}

/** The complete lists of an earlier run, as far as their files are what they were. */
function readJournal(
  folder: string,
  head: JournalHead,
): { readonly startedAt: string; readonly lists: readonly ListRead[] } | undefined {
  const file = path.join(folder, JOURNAL);
  if (!existsSync(file)) return undefined;
  const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
  const parsed = journalHead.safeParse(parse(first));
  // zod infers optional fields as possibly undefined; it leaves them out.
  const found = parsed.data as JournalHead | undefined;
  if (!found || !isSame(found, head)) return undefined;
  const lists = rest.flatMap((line) => {
    const list = listRead.safeParse(parse(line));
    const complete = list.data as ListRead | undefined;
    return complete && isIntact(folder, complete) ? [complete] : [];
  });
  return { startedAt: found.startedAt, lists };
}

/** The last line may be cut, where the run was killed. */
function parse(line = ''): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const isSame = (a: JournalHead, b: JournalHead): boolean =>
  a.cluster === b.cluster &&
  a.version === b.version &&
  JSON.stringify(a.namespaces ?? null) === JSON.stringify(b.namespaces ?? null);

function isIntact(folder: string, { file, sha256 }: ListRead): boolean {
  const full = path.join(folder, file);
  return (
    path.basename(file) === file &&
    existsSync(full) &&
    createHash('sha256').update(readFileSync(full)).digest('hex') === sha256
  );
}
