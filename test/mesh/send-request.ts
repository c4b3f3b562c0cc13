import type { Request } from '../../src/result/request.ts';
import { type Judged, judgeAnswer } from './judge-answer.ts';
import type { RunningMesh } from './start-mesh.ts';
import type { Issuer } from './tokens.ts';
import { SERVICE_IP } from './world.ts';

/** Sends a request of a pod to the Service as its application would. */
export async function sendRequest(
  { pods }: RunningMesh,
  { from, to, http, jwt }: Request,
  issuer: Issuer,
): Promise<Judged> {
  const pod = pods.get(from.workload?.split('/')[1] ?? '');
  if (!pod) throw new Error(`no pod of ${from.workload}`);
  const { method = '', path = '', host = '', headers = {} } = http ?? {};
  const sent = {
    host,
    ...Object.fromEntries(Array.isArray(headers) ? headers : Object.entries(headers)),
    ...(jwt ? { authorization: `Bearer ${issuer.sign(jwt)}` } : {}),
  };
  const answer = await pod.send({
    address: SERVICE_IP,
    port: to.port,
    ...(http ? { http: { method, path, headers: sent } } : {}),
  });
  return judgeAnswer(answer, http !== undefined);
}
