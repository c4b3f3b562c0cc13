import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, object, oneOf, string } from '../shape.ts';
import { targetReference, targetReferences, workloadSelector } from './selector.ts';

const strings = list(string);

const source = object(
  {
    principals: strings,
    notPrincipals: strings,
    requestPrincipals: strings,
    notRequestPrincipals: strings,
    namespaces: strings,
    notNamespaces: strings,
    ipBlocks: strings,
    notIpBlocks: strings,
    remoteIpBlocks: strings,
    notRemoteIpBlocks: strings,
    serviceAccounts: strings,
    notServiceAccounts: strings,
    trustDomains: strings,
    notTrustDomains: strings,
  },
  { strict: true },
);

const operation = object(
  {
    hosts: strings,
    notHosts: strings,
    ports: strings,
    notPorts: strings,
    methods: strings,
    notMethods: strings,
    paths: strings,
    notPaths: strings,
  },
  { strict: true },
);

const condition = object({ key: string, values: strings, notValues: strings }, { strict: true });

const rule = object(
  {
    from: list(object({ source }, { strict: true })),
    to: list(object({ operation }, { strict: true })),
    when: list(condition),
  },
  { strict: true },
);

export const authorizationPolicy = defineKind({
  name: 'AuthorizationPolicy',
  kind: 'AuthorizationPolicy',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'Namespaced',
  decisive: true,
  shape: object(
    {
      selector: workloadSelector,
      targetRef: targetReference,
      targetRefs: targetReferences,
      rules: list(rule),
      action: oneOf('ALLOW', 'DENY', 'AUDIT', 'CUSTOM'),
      provider: object({ name: string }, { strict: true }),
    },
    { strict: true },
  ),
});

export type AuthorizationPolicy = ResourceOf<typeof authorizationPolicy>;
export type AuthorizationRule = Infer<typeof rule>;
export type AuthorizationSource = Infer<typeof source>;
export type AuthorizationOperation = Infer<typeof operation>;
export type AuthorizationCondition = Infer<typeof condition>;
