import { InputError } from '../collect/input-error.ts';
import type { Mesh, WorkloadId } from '../model/inventory/types.ts';
import type { Testimony } from '../model/observation/testimony.ts';
import type { Config } from '../result/config.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Request } from '../result/request.ts';
import { suggest } from '../util/suggest.ts';
import { readSource } from './explain/read-source.ts';

/** The `observations` of a configuration, with where they stand. */
export interface Said {
  readonly entries: readonly (NonNullable<Config['observations']>[number] & { readonly line: number })[];
  readonly file: string;
}

const FORMS =
  'write `accepts plaintext on PORT`, `refuses plaintext on PORT`, `allows [METHOD PATH] from SOURCE on PORT`, `denies …`, or { allows: REQUEST } as in a policy test';
const PLAINTEXT = /^(accepts|refuses) plaintext on (?:port )?(\d+)$/;
const REQUEST = /^(allows|denies)(?: ([A-Z]+) (\/\S*))? from (\S+) on (?:port )?(\d+)$/;

/**
 * What people saw, as requests and answers. Entries about workloads and callers that the input does not have are left out and named. Throws an
 * InputError on what is not understood.
 */
export function readTestimonies(
  mesh: Mesh,
  { entries, file }: Said,
): { readonly testimonies: readonly Testimony[]; readonly diagnostics: readonly Diagnostic[] } {
  const testimonies: Testimony[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { workload, saw, at, by, how, line } of entries) {
    const time = at === undefined ? undefined : timeOf(at, `${file}:${line}`);
    const leave = (message: string, help: string): void => {
      diagnostics.push({ severity: 'warning', file, line, message: `an observation is left out: ${message}`, help });
    };
    if (!mesh.workloadById.has(workload as WorkloadId)) {
      const near = suggest(
        workload,
        mesh.workloads.map(({ id }) => id),
      );
      const help = near ? `did you mean \`${near}\`?` : 'name it as namespace/name';
      leave(`the input has no workload \`${workload}\``, help);
      continue;
    }
    const read = readSaw(mesh, workload, saw, `${file}:${line}`);
    if ('error' in read) {
      leave(read.error, read.help);
      continue;
    }
    testimonies.push({
      kind: 'testimony',
      file,
      line,
      cluster: '',
      ...(time === undefined ? {} : { at: time }),
      ...read,
      ...(by === undefined ? {} : { by }),
      ...(how === undefined ? {} : { how }),
    });
  }
  return { testimonies, diagnostics };
}

type Read = Pick<Testimony, 'answer' | 'request' | 'saw'>;

function readSaw(
  mesh: Mesh,
  workload: string,
  saw: Said['entries'][number]['saw'],
  where: string,
): Read | { readonly error: string; readonly help: string } {
  if (typeof saw !== 'string') {
    const [word, answer, request] =
      'allows' in saw ? (['allows', 'allowed', saw.allows] as const) : (['denies', 'denied', saw.denies] as const);
    return { answer, request: request as Request, saw: `${word} a request to port ${request.to.port}` };
  }
  const text = saw.trim().replace(/\s+/g, ' ');
  const [, accepted, plainPort] = PLAINTEXT.exec(text) ?? [];
  if (accepted !== undefined) {
    const answer = accepted === 'accepts' ? 'allowed' : 'denied';
    return { answer, request: { from: { plaintext: true }, to: { workload, port: Number(plainPort) } }, saw: text };
  }
  const [, allowed, method, path, from, port] = REQUEST.exec(text) ?? [];
  if (allowed === undefined || from === undefined)
    throw new InputError(`${where}: \`saw: ${saw}\` is not understood`, FORMS);
  const source = readSource(mesh, from);
  if ('error' in source) return source;
  return {
    answer: allowed === 'allows' ? 'allowed' : 'denied',
    request: {
      from: source,
      to: { workload, port: Number(port) },
      ...(method === undefined || path === undefined ? {} : { http: { method, path } }),
    },
    saw: text,
  };
}

/** In UTC where it says no zone, so that the same file means the same everywhere. */
function timeOf(at: string, where: string): string {
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(at) || !at.includes('T') ? at : `${at}Z`;
  const time = new Date(zoned);
  if (Number.isNaN(time.getTime()))
    throw new InputError(`${where}: \`at: ${at}\` is no time`, 'write it as 2026-11-20T10:00Z');
  return time.toISOString();
}
