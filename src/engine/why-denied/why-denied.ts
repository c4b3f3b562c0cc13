import { byOf, plainBy } from '../../model/by.ts';
import type { Denial } from '../../result/denial.ts';
import type { Explanation } from '../../result/explanation.ts';
import type { Request, RequestFrom, RequestTo } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import type { Ask } from '../explain/ask.ts';
import { explain } from '../explain/explain.ts';
import { buildRequest } from '../explain/read-ask.ts';
import { readSource } from '../explain/read-source.ts';
import { readTarget, type Target } from '../explain/read-target.ts';
import type { InputTexts } from '../plan/input-texts.ts';
import { compareWithModel } from './compare-with-model.ts';
import { interpret } from './interpret.ts';
import { locateDestination } from '../../evidence/traffic/locate-destination.ts';
import { locateSource } from '../../evidence/traffic/locate-source.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';

interface LocatedSource {
  readonly from: RequestFrom;
  /** False: the line does not say who called; `from` stands for a mesh identity that no policy names. */
  readonly known: boolean;
}

/** What a person adds to a log line, or says instead of one. */
export type Hints = Partial<Ask>;

/** Finds the request that a line tells of, decides it on the model, and compares the two. */
export function whyDenied(
  enforcement: Enforcement,
  seen: SeenRequest,
  hints: Hints,
  texts: InputTexts,
): Denial | Unresolved {
  const target = findTarget(enforcement, seen, hints);
  if ('error' in target) return target;
  const source = findSource(enforcement, seen, hints, target);
  if ('error' in source) return source;
  const request = requestOf(enforcement, seen, hints, source.from, target);
  if ('error' in request) return request;
  const explained = explain(enforcement, request, texts, { search: source.known });
  if ('error' in explained) return explained;
  const explanation = withoutRefusal(explained);
  const meaning = interpret(seen);
  const policy = policyOf(enforcement, seen);
  const { code, flags, details, error, kind } = seen;
  return {
    seen: {
      kind,
      ...(code === undefined ? {} : { code }),
      ...(flags === undefined ? {} : { flags }),
      ...(details === undefined ? {} : { details }),
      ...(error === undefined ? {} : { error }),
      ...(policy ? { policy } : {}),
    },
    meaning: meaning.text,
    byMesh: meaning.byMesh,
    ...compareWithModel(meaning, policy, explanation),
    notes: notesOf(seen, hints, source, explanation),
    explanation,
  };
}

function findTarget(enforcement: Enforcement, seen: SeenRequest, { to }: Hints): Target | Unresolved {
  if (to !== undefined) return readTarget(enforcement, to, true);
  const located = locateDestination(enforcement, seen);
  return 'error' in located ? located : readTarget(enforcement, textOf(located), true);
}

const textOf = ({ service, gateway, workload, port }: RequestTo): string =>
  service !== undefined
    ? `service:${service}:${port}`
    : gateway !== undefined
      ? `gateway:${gateway}:${port}`
      : `${workload}:${port}`;

function findSource(
  { mesh }: Enforcement,
  seen: SeenRequest,
  { from, plaintext }: Hints,
  { to }: Target,
): LocatedSource | Unresolved {
  const located = locateSource(mesh, seen, to);
  if (from === undefined) {
    if (seen.kind !== 'stated' || to.gateway !== undefined || plaintext)
      return located
        ? { from: located, known: true }
        : { from: { principal: strangerOf(mesh.config.trustDomain.value) }, known: false };
    return {
      error: 'it is not said who called',
      help: 'say it with `--from ns/workload`, `--from internet` or `--from principal:…`',
    };
  }
  const stated = readSource(mesh, from);
  if ('error' in stated) return stated;
  // The line knows better than a name whether there was TLS.
  return { from: { ...stated, ...(located?.plaintext ? { plaintext: true } : {}) }, known: true };
}

function requestOf(
  enforcement: Enforcement,
  seen: SeenRequest,
  hints: Hints,
  from: RequestFrom,
  target: Target,
): Request | Unresolved {
  const isHttp = seen.kind !== 'ztunnel' && (seen.kind === 'stated' || seen.method !== undefined);
  const method = hints.method ?? seen.method;
  const path = hints.path ?? seen.path;
  const host = hints.host ?? seen.host;
  const sni = hints.sni ?? (target.to.gateway === undefined ? undefined : (seen.sni ?? undefined));
  const { from: _from, to: _to, method: _method, path: _path, host: _host, sni: _sni, ...rest } = hints;
  const ask: Omit<Ask, 'from' | 'to'> = {
    ...rest,
    ...(isHttp && method !== undefined ? { method } : {}),
    ...(isHttp && path !== undefined ? { path } : {}),
    ...(isHttp && host !== undefined ? { host } : {}),
    ...(sni === undefined ? {} : { sni }),
    ...(isHttp ? {} : { tcp: true }),
  };
  return buildRequest(enforcement, ask, from, target);
}

/** Nobody who asks why something was denied wants to know how to deny it. */
function withoutRefusal({ change, ...explanation }: Explanation): Explanation {
  return change?.to === 'allow' || change === null ? { ...explanation, change } : explanation;
}

/** The policy that the proxy names, and where it stands. */
function policyOf({ mesh }: Enforcement, { matched }: SeenRequest): Denial['seen']['policy'] {
  if (matched === undefined || matched === 'none') return undefined;
  const { namespace, name, rule } = matched;
  const found = mesh.resources.find('AuthorizationPolicy', namespace, name);
  const by = found && byOf(found, rule === undefined ? {} : { rule, path: ['spec', 'rules', rule] });
  return { namespace, name, ...(rule === undefined ? {} : { rule }), found: by ? plainBy(by) : null };
}

function notesOf(
  seen: SeenRequest,
  { claim = [] }: Hints,
  { known }: LocatedSource,
  explanation: Explanation,
): readonly string[] {
  const notes: string[] = [];
  if (!known)
    notes.push(
      'the line does not say who called: decided for a mesh identity that no policy names; `--from ns/workload` says it, and then the change is worked out',
    );
  if (claim.length === 0 && seen.kind !== 'ztunnel' && explanation.trace.some(({ stage }) => stage === 'jwt'))
    notes.push('a log line shows no token: decided without one; `--claim iss=…` or `--claim any` says otherwise');
  return notes;
}
