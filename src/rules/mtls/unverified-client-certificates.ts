import {
  type CertificateServer,
  certificateServers,
  findForgery,
  type Forgery,
} from '../../graph/believed-certificates.ts';
import type { Facts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import { gatewayExposure } from '../../semantics/gateway/exposure.ts';
import type { Evidence } from '../../result/types.ts';
import { type Outcome, type Rule, subjectOf } from '../rule.ts';
import { explainUnverified } from './explain-unverified.ts';

/**
 * A gateway asks clients for certificates and verifies none: neither CA nor names nor hashes are looked at, and policies there, and
 * `X-Forwarded-Client-Cert` behind it, believe the name in a certificate that anybody made. `insecureSkipVerify` of an Istio Gateway, and
 * `AllowInsecureFallback` of the Gateway API. Source: reference §8.1, §8.3, traffic; envoy source/common/tls/cert_validator/default_validator.cc.
 */
export const unverifiedClientCertificates: Rule = {
  meta: {
    id: 'mtls/unverified-client-certificates',
    title: 'a gateway believes client certificates that it does not verify',
    severity: 'HIGH',
    catalogue: 'IN-05',
    dimension: 'ingress',
    references: [
      'https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings',
      'https://gateway-api.sigs.k8s.io/reference/spec/#frontendtlsvalidation',
    ],
  },

  *judge(facts) {
    for (const server of certificateServers(facts)) yield judgeServer(facts, server);
  },

  explain: explainUnverified,
};

function judgeServer(facts: Facts, asking: CertificateServer): Outcome {
  const { gateway, port, server, believes } = asking;
  const subject = subjectOf(gateway, port);
  if (!believes) return { kind: 'pass', subject };
  const forgery = findForgery(facts, asking);
  const { exposed, assumes } = gatewayExposure(facts.mesh, gateway);
  const { passing, reliesOn } = forgery;
  const behind = passing?.route.workloads.map(({ workload }) => workload) ?? [];
  const [worst = gateway] = [...behind].sort(
    (a, b) => LEVELS.indexOf(facts.sensitivity(a).level) - LEVELS.indexOf(facts.sensitivity(b).level),
  );
  return {
    kind: 'fail',
    subject,
    cause: server.by,
    causeKey: '',
    factors: {
      entry: exposed === 'internet' || exposed === 'unknown' ? 'internet' : 'plaintext',
      requires: [...new Set(passing?.verdict.requires.map(({ kind }) => kind) ?? [])],
      breaches: 0,
      sensitivity: facts.sensitivity(worst).level,
      compensations: [],
      stated: behind.some((workload) => facts.wanted.isStated(workload)),
      // Where nothing rests on the names, what is missing is a layer.
      defenceInDepth: reliesOn === undefined,
    },
    status: gateway.dataPlane.status,
    assumes: [...new Set([...gateway.dataPlane.assumes, ...assumes, ...(passing?.verdict.assumes ?? [])])],
    evidence: evidenceOf(asking, forgery),
    ...(passing ? { witness: passing.request } : {}),
  };
}

const LEVELS: readonly string[] = ['critical', 'high', 'medium', 'low', 'none'];

function evidenceOf(
  { gateway, port, server }: CertificateServer,
  { policies, reliesOn }: Forgery,
): readonly Evidence[] {
  return [
    {
      source: server.by.location,
      shows: `${server.tls?.mode} on port ${port} of ${gateway.id} takes any certificate, and believes the names in it`,
    },
    ...policies.slice(0, 5).map((policy) => ({
      source: byOf(policy).location,
      path: 'spec.rules',
      shows: `AuthorizationPolicy ${policy.namespace}/${policy.name} decides by names of certificates${reliesOn === undefined ? '' : `: an invented one for ${reliesOn} passes`}`,
    })),
  ];
}
