import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { Denial } from '../../result/denial.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { observeFacts } from '../observe.ts';
import { inputTexts } from '../plan/input-texts.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { readLog } from './read-log.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';
import { type Hints, whyDenied } from './why-denied.ts';

/** What was refused: lines of a log, or what a person says. */
export type Question =
  | { readonly log: string }
  | { readonly url: string; readonly method?: string; readonly code?: number };

export interface Diagnosed {
  readonly denial: Denial;
  readonly diagnostics: readonly Diagnostic[];
}

/** Why a request was refused. Throws an InputError that says what is missing if that cannot be told. */
export async function runWhyDenied(
  inputs: readonly InputSpec[],
  question: Question,
  hints: Hints,
  options: InputOptions,
  io: CollectIo,
): Promise<Diagnosed> {
  const seen = 'log' in question ? readLog(question.log) : readUrl(question);
  if (!seen)
    throw new InputError(
      'no line of the log can be read',
      "paste an access-log line of Envoy (Istio's default format, text or JSON) or of ztunnel (`access … connection complete …`)",
    );
  const input = await readInput(inputs, options, io);
  const { diagnostics, provenance } = input;
  const texts = inputTexts(inputs, provenance.sources, io);
  const denial = whyDenied(observeFacts(input).enforcement, seen, hints, texts);
  if ('error' in denial) throw new InputError(denial.error, denial.help, diagnostics);
  return { denial, diagnostics };
}

/** By hand: what a URL library tidies up in a path is just what policies may see. */
function readUrl({ url, method, code }: Extract<Question, { url: string }>): SeenRequest {
  const [, scheme = 'http', host, path = '/'] =
    /^(?:([a-z]+):\/\/)?([^/?#\s]+)([/?][^#\s]*)?(?:#.*)?$/i.exec(url) ?? [];
  const digits = /:(\d+)$/.exec(host ?? '')?.[1];
  if (host === undefined || !/^[\w.*-]+(:\d+)?$/.test(host))
    throw new InputError(`\`${url}\` is no URL`, 'give it as http://host:port/path');
  return {
    kind: 'stated',
    path: path.startsWith('/') ? path : `/${path}`,
    host,
    port: digits === undefined ? (scheme.toLowerCase() === 'https' ? 443 : 80) : Number(digits),
    ...(method === undefined ? {} : { method }),
    ...(code === undefined ? {} : { code }),
  };
}
