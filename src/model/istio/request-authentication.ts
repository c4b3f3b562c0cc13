import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, type Infer, list, object, oneOf, string } from '../shape.ts';
import { targetReference, targetReferences, workloadSelector } from './selector.ts';

const strings = list(string);

const jwtRule = object(
  {
    issuer: string,
    audiences: strings,
    jwksUri: string,
    jwks_uri: string,
    jwks: string,
    fromHeaders: list(object({ name: string, prefix: string }, { strict: true })),
    fromParams: strings,
    fromCookies: strings,
    outputPayloadToHeader: string,
    forwardOriginalToken: boolean,
    outputClaimToHeaders: list(object({ header: string, claim: string }, { strict: true })),
    timeout: string,
    spaceDelimitedClaims: strings,
    /** From 1.32: `REQUIRED` refuses requests without a token. */
    presence: oneOf('OPTIONAL', 'REQUIRED'),
  },
  { strict: true },
);

export const requestAuthentication = defineKind({
  name: 'RequestAuthentication',
  kind: 'RequestAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'Namespaced',
  decisive: true,
  shape: object(
    { selector: workloadSelector, targetRef: targetReference, targetRefs: targetReferences, jwtRules: list(jwtRule) },
    { strict: true },
  ),
});

export type RequestAuthentication = ResourceOf<typeof requestAuthentication>;
export type JwtRule = Infer<typeof jwtRule>;
