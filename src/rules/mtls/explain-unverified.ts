import type { Facts } from '../../graph/facts.ts';
import { objectOf } from '../../model/by.ts';
import type { Change } from '../../model/change/change.ts';
import type { KubernetesGateway } from '../../model/gateway/gateway.ts';
import type { Gateway } from '../../model/istio/gateway.ts';
import type { Path, Resource } from '../../model/resource.ts';
import { formatLocation } from '../../result/location.ts';
import { setField } from '../changes.ts';
import type { CauseGroup, Explanation } from '../rule.ts';

const VALID_ONLY = 'AllowValidOnly';

/** The words and the change for one server of a gateway that believes certificates of anybody. */
export function explainUnverified({ cause, fails }: CauseGroup, _facts: Facts): Explanation {
  const written = cause ? objectOf(cause) : undefined;
  const changes = written ? changesOf(written.resource, written.path ?? []) : [];
  const isKubernetes = written !== undefined && written.resource.kind !== 'Gateway';
  const name = cause ? `${cause.namespace}/${cause.name}` : 'the gateway';
  const relied = fails.find(({ factors }) => !factors.defenceInDepth);
  const principal = relied?.witness?.tls?.clientCert?.principal;
  const port = fails[0]?.subject.port;
  const fix = isKubernetes ? `set the mode of the validation to ${VALID_ONLY}` : 'take out `insecureSkipVerify`';
  return {
    title: `Gateway ${name} believes client certificates that it does not verify${principal === undefined ? '' : ', and policies rest on their names'}`,
    scenario:
      principal === undefined
        ? 'A client makes a certificate of its own with any name in it; the gateway takes it, and today no policy that was found passes it for its name.'
        : `A client makes a certificate of its own with \`spiffe://${principal}\` in it; the gateway takes it, and policies decide by that name.`,
    impact:
      'Confidentiality and integrity: whoever reaches the gateway is whom they say they are, so that no name of a client means anything.',
    remediation: {
      summary: `${fix}, so that certificates are verified against the CA that is configured`,
      changes,
      steps: [
        ...(changes.length === 0 ? [`${fix} where it is set for Gateway ${name}`] : []),
        'before: the certificates of all clients must verify against that CA (`openssl verify -CAfile ca.crt client.crt`); those that do not are refused in the handshake afterwards',
        ...(isKubernetes
          ? [`with ${VALID_ONLY} clients without a certificate are refused too, which today get in without a name`]
          : []),
        '`subjectAltNames` and hashes of certificates, where they are stated, count again from then on',
      ],
    },
    validation: {
      positive: [`a client with a certificate of the CA gets the same answer from port ${port} as before`],
      negative: [
        `openssl req -x509 -newkey rsa:2048 -nodes -subj / -addext 'subjectAltName=URI:spiffe://${principal ?? 'invented.example/ns/any/sa/any'}' -keyout k.pem -out c.pem, then curl --cert c.pem --key k.pem: the handshake is refused`,
      ],
    },
    rollback: `apply Gateway ${name} again as it stands${cause ? ` at ${formatLocation(cause.location)}` : ''}; any certificate is taken again on new connections`,
  };
}

const isOfGatewayApi = ({ kind }: Resource): boolean => kind === 'KubernetesGateway';

/** Of what is written in this object; another one may hold it for a ListenerSet. */
function changesOf(resource: Resource, path: Path): readonly Change[] {
  if (resource.kind === 'Gateway') {
    const [, , index] = path;
    const { servers = [] } = (resource as Gateway).spec;
    return typeof index === 'number' && servers[index]?.tls?.insecureSkipVerify
      ? [
          {
            kind: 'edit',
            resource,
            edits: [{ op: 'delete', path: ['spec', 'servers', index, 'tls', 'insecureSkipVerify'] }],
          },
        ]
      : [];
  }
  if (!isOfGatewayApi(resource)) return [];
  const { tls, listeners = [] } = (resource as KubernetesGateway).spec;
  const [, , index] = path;
  const listener = typeof index === 'number' ? listeners[index] : undefined;
  if (!listener || index === undefined) return [];
  const ofPort = (tls?.frontend?.perPort ?? []).findIndex(
    (entry) => entry.port === listener.port && entry.tls?.validation,
  );
  const place: Path =
    ofPort >= 0
      ? ['spec', 'tls', 'frontend', 'perPort', ofPort, 'tls', 'validation', 'mode']
      : tls?.frontend?.default?.validation
        ? ['spec', 'tls', 'frontend', 'default', 'validation', 'mode']
        : ['spec', 'listeners', index, 'tls', 'frontendValidation', 'mode'];
  return [setField(resource, place, VALID_ONLY)];
}
