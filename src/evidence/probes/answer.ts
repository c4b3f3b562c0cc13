import type { ProbeResult } from '../../model/observation/probe-result.ts';

/** What a probe says about the mesh. */
export interface ProbeAnswer {
  readonly result: ProbeResult;
  readonly answer: 'allowed' | 'denied' | 'inconclusive';
  /** What refused it: an authorization policy, the check of its token, or the connection itself, before any request was read. */
  readonly by?: 'policy' | 'token' | 'connection';
  readonly why: string;
}

type Reading = Omit<ProbeAnswer, 'result'>;

/** What the results of one file say. Some only say something beside others: a refusal counts where its control passed from the same pod. */
export function readAnswers(results: readonly ProbeResult[]): readonly ProbeAnswer[] {
  const read = new Map(results.map((result) => [result, readAlone(result)]));
  const byId = new Map(results.map((result) => [result.id, result]));
  const isAllowed = (result: ProbeResult | undefined): boolean =>
    result !== undefined && read.get(result)?.answer === 'allowed';
  const answering = new Set(results.filter(isAllowed).map(destinationOf));
  return results.map((result) => {
    const alone = read.get(result) as Reading;
    if (alone.answer !== 'denied') return { result, ...alone };
    if (alone.by === 'connection' && !answering.has(destinationOf(result)))
      return { result, ...inconclusive(`${alone.why}, and no probe shows that this port answers anybody`) };
    if (result.expect === 'allow') return { result, ...alone };
    const control = result.control === undefined ? undefined : byId.get(result.control);
    if (!control)
      return { result, ...inconclusive(`${alone.why}, but no positive control was sent from the same pod`) };
    if (control.pod !== result.pod || !isAllowed(control))
      return { result, ...inconclusive(`${alone.why}, but its positive control \`${control.name}\` did not pass`) };
    return { result, ...alone };
  });
}

const destinationOf = ({ request: { to } }: ProbeResult): string => `${to.service ?? to.workload ?? ''}:${to.port}`;

const inconclusive = (why: string): Reading => ({ answer: 'inconclusive', why });

function readAlone(result: ProbeResult): Reading {
  const { client, request, code, exit, bytes, said } = result;
  if (client === 'none')
    return inconclusive('no container of the pod has a client that can send this and tell how it was answered');
  if (client === 'failed') return inconclusive('nothing could be run in the pod');
  if (code > 0) return readStatus(code, said);
  if (!request.http && bytes > 0) return { answer: 'allowed', why: `${bytes} bytes came back` };
  if (exit === 6) return inconclusive('the name could not be resolved');
  if (exit === 7)
    return inconclusive('the connection was refused: nothing listens there, or a NetworkPolicy rejects it');
  if (exit === 28)
    return inconclusive('nothing came back in time: a NetworkPolicy, a missing route, or a server that waits');
  // What Envoy's network RBAC, ztunnel and a STRICT port do: the connection ends without a byte.
  if (exit === 35 || exit === 52 || exit === 56 || (exit === 0 && !request.http))
    return { answer: 'denied', by: 'connection', why: 'the connection was closed without an answer' };
  return inconclusive(`${client} ended with ${exit}`);
}

/** By status, and by the words that Envoy answers with: source/extensions/filters/http/rbac and jwt_authn (403 where the audience alone is wrong). */
function readStatus(code: number, said: string | undefined): Reading {
  if (code === 403 && said === 'RBAC: access denied')
    return { answer: 'denied', by: 'policy', why: '403, RBAC: access denied' };
  if (code === 403 && said?.startsWith('Audiences in Jwt '))
    return { answer: 'denied', by: 'token', why: `403, ${said}` };
  if (code === 401 && said !== undefined) return { answer: 'denied', by: 'token', why: `401, ${said}` };
  // Envoy itself never answers 405.
  if ((code >= 200 && code < 300) || code === 405) return { answer: 'allowed', why: `status ${code}` };
  if (code === 401 || code === 403)
    return inconclusive(`${code} without the words of the mesh: the application, or an external authorizer`);
  if (code === 404) return inconclusive('404: a missing route or page, and no policy');
  if (code >= 300 && code < 400) return inconclusive(`${code}: a redirect, of the mesh or of the application`);
  if (code === 503) return inconclusive(`503: no endpoint, or no connection to one${said ? ` (${said})` : ''}`);
  return inconclusive(`status ${code} tells neither a policy nor the application`);
}
