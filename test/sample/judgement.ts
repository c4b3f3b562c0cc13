import { confidenceDeductions, dimensionMethod } from '../../src/result/method.ts';
import type { AuditResult, Dimension } from '../../src/result/types.ts';
import { at } from './inventory.ts';

export function sampleInput(): AuditResult['input'] {
  return {
    sources: [
      { name: 'payments-prod/ingress.yaml', kind: 'manifests', documents: 3, sha256: 'a1'.repeat(32) },
      { name: 'payments-prod/policies.yaml', kind: 'manifests', documents: 11, sha256: 'b2'.repeat(32) },
      { name: 'payments-prod/workloads.yaml', kind: 'manifests', documents: 30, sha256: 'c3'.repeat(32) },
    ],
    counts: { AuthorizationPolicy: 8, Deployment: 9, Namespace: 6, PeerAuthentication: 3, Service: 12 },
    scope: {
      complete: ['namespaces'],
      namespaces: [
        'prod:analytics',
        'prod:checkout',
        'prod:istio-ingress',
        'prod:legacy',
        'prod:payments',
        'prod:shop',
      ],
    },
    istioVersion: { value: '1.31', by: 'istiod image' },
    meshConfig: [
      { field: 'trustDomain', value: 'cluster.local', from: 'default' },
      {
        field: 'outboundTrafficPolicy.mode',
        value: 'REGISTRY_ONLY',
        from: 'ConfigMap istio-system/istio',
        location: at('ingress.yaml', 60),
      },
      { field: 'enableAutoMtls', value: 'true', from: 'default' },
    ],
    assumptions: [
      'the CNI enforces NetworkPolicy',
      'no root-namespace policy exists: none is in the input',
      'objects are applied together',
    ],
  };
}

const ratings: Record<Dimension['id'], Pick<Dimension, 'rating' | 'configured' | 'status' | 'coverage' | 'next'>> = {
  identity: {
    rating: 2,
    configured: 3,
    status: 'INFERRED',
    coverage: [{ what: 'workloads with an identity of their own', have: 8, of: 10 }],
    next: 'give cart a service account of its own',
  },
  mtls: {
    rating: 1,
    configured: 1,
    status: 'INFERRED',
    coverage: [
      { what: 'workload ports STRICT', have: 5, of: 14 },
      { what: 'ports of critical and high assets STRICT', have: 0, of: 2 },
    ],
    next: 'STRICT in payments',
  },
  'request-authn': {
    rating: 0,
    configured: 0,
    status: 'INFERRED',
    coverage: [{ what: 'internet-facing routes that demand a token', have: 0, of: 1 }],
    next: 'demand a token on shop.example.com',
  },
  authorization: {
    rating: 1,
    configured: 1,
    status: 'INFERRED',
    coverage: [{ what: 'workload ports restricted', have: 5, of: 14 }],
    next: 'default deny in payments',
  },
  segmentation: {
    rating: 2,
    configured: 2,
    status: 'INFERRED',
    coverage: [{ what: 'namespaces with a boundary', have: 3, of: 6 }],
    next: 'NetworkPolicy in shop',
  },
  ingress: {
    rating: 2,
    configured: 4,
    status: 'INFERRED',
    coverage: [{ what: 'listeners with TLS 1.2 or later', have: 1, of: 1 }],
    next: 'verify with a proxy dump',
  },
  egress: {
    rating: 1,
    configured: 1,
    status: 'INFERRED',
    coverage: [{ what: 'workloads that cannot leave directly', have: 1, of: 12 }],
    next: 'egress NetworkPolicy in payments',
  },
  auditability: {
    rating: 0,
    configured: 0,
    status: 'UNKNOWN',
    coverage: [],
    next: 'put the mesh config and Telemetry objects into the input',
  },
};

export function sampleDimensions(): Dimension[] {
  return dimensionMethod.map(({ id, weight }) => ({
    id,
    weight,
    ...ratings[id],
    weighted: (ratings[id].rating / 5) * weight,
  }));
}

export function sampleConfidence(): AuditResult['confidence'] {
  const lost = ['data-plane-evidence', 'traffic-tests', 'mtls', 'boundary'];
  const deductions = confidenceDeductions
    .filter(({ id }) => lost.includes(id))
    .map(({ points, reason }) => ({
      points,
      reason,
      remedy: 'collect what the proxies hold: `meshproof collect --context payments-prod`',
    }));
  return {
    value: 100 - deductions.reduce((sum, { points }) => sum + points, 0),
    deductions,
    evidenceCoverage: { verified: 0, inferred: 0.86, unknown: 0.14 },
  };
}

export function sampleResidual(): AuditResult['residual'] {
  return [
    {
      unknown: 'whether the proxies of 9 workloads hold the configuration that the manifests describe',
      settles: 22,
      command: 'meshproof collect --context payments-prod',
    },
    {
      unknown: 'whether root-namespace policies exist',
      settles: 9,
      command: 'meshproof collect --context payments-prod',
    },
    {
      unknown: 'whether the CNI enforces NetworkPolicy',
      settles: 4,
      command: 'kubectl get daemonsets -n kube-system -o yaml',
    },
    { unknown: 'which Telemetry is in force', settles: 3, command: 'kubectl get telemetries -A -o yaml' },
  ];
}
