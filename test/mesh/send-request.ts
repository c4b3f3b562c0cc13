import type { ClientTls, Request } from '../../src/result/request.ts';
import type { Authority } from './certificates.ts';
import { type Judged, judgeAnswer } from './judge-answer.ts';
import { certificatesOf } from './proxy.ts';
import type { Answer, Sending } from './sender.ts';
import type { RunningMesh } from './start-mesh.ts';
import type { Issuer } from './tokens.ts';
import { HBONE, INGRESS, type MeshPod, PODS, SERVICES, WAYPOINT } from './world.ts';

export interface Credentials {
  readonly issuer: Issuer;
  readonly authority: Authority;
}

/** Sends a request as an application of a pod would, or somebody outside. */
export async function sendRequest(mesh: RunningMesh, request: Request, credentials: Credentials): Promise<Judged> {
  return judgeAnswer(await answerOf(mesh, request, credentials), request.http !== undefined);
}

/** What comes back. */
async function answerOf(
  { pods, sendFromOutside, folder }: RunningMesh,
  { from, to, http, jwt, tls }: Request,
  { issuer, authority }: Credentials,
): Promise<Answer> {
  const tunnel = to.at === 'waypoint' && { ...certificatesOf(folder, podOf(from)), address: WAYPOINT.ip, port: HBONE };
  const send = tunnel
    ? pods.get('plain')?.send
    : from.workload === undefined
      ? sendFromOutside
      : pods.get(from.workload.split('/')[1] ?? '')?.send;
  if (!send) throw new Error(`no pod of ${from.workload}`);
  const { method = '', path = '', host = '', headers = {} } = http ?? {};
  const sent = {
    host,
    ...Object.fromEntries(Array.isArray(headers) ? headers : Object.entries(headers)),
    ...(jwt ? { authorization: `Bearer ${issuer.sign(jwt)}` } : {}),
  };
  return send({
    address: addressOf(to),
    port: to.port,
    ...(from.workload === undefined && from.ip !== undefined ? { localAddress: from.ip } : {}),
    ...(tunnel ? { tunnel } : {}),
    ...(tls ? { tls: handshake(tls, authority) } : {}),
    ...(http ? { http: { method, path, headers: sent } } : {}),
  });
}

/** Whose certificate a principal's is. */
function podOf({ principal = '' }: Request['from']): MeshPod {
  const pod = PODS.find(({ namespace, name }) => principal === `cluster.local/ns/${namespace}/sa/${name}`);
  if (!pod) throw new Error(`no pod of ${principal}`);
  return pod;
}

function addressOf({ service, gateway, external }: Request['to']): string {
  if (gateway !== undefined) return INGRESS.ip;
  if (external !== undefined) return external;
  const found = SERVICES.find(({ pod }) => `${pod.namespace}/${pod.name}` === service);
  if (!found) throw new Error(`no Service ${service}`);
  return found.ip;
}

const handshake = ({ sni, alpn, clientCert }: ClientTls, authority: Authority): NonNullable<Sending['tls']> => ({
  ...(sni === undefined ? {} : { servername: sni }),
  ...(alpn ? { ALPNProtocols: alpn } : {}),
  ...(clientCert ? authority.clientOf(clientCert) : {}),
});
