import { jwtNotRequired } from './authn/jwt-not-required.ts';
import { allowAny } from './authz/allow-any.ts';
import { dryRunOnly } from './authz/dry-run-only.ts';
import { httpOnlyDeny } from './authz/http-only-deny.ts';
import { idleRule } from './authz/idle-rule.ts';
import { noPolicy } from './authz/no-policy.ts';
import { removedControl } from './authz/removed-control.ts';
import { mutualTls } from './drift/mutual-tls.ts';
import { notApplied } from './drift/not-applied.ts';
import { notCaptured } from './drift/not-captured.ts';
import { policies } from './drift/policies.ts';
import { rejected } from './drift/rejected.ts';
import { serving } from './drift/serving.ts';
import { tokens } from './drift/tokens.ts';
import { allowAny as egressAllowAny } from './egress/allow-any.ts';
import { registryOnlyAlone } from './egress/registry-only-alone.ts';
import { permissive } from './mtls/permissive.ts';
import { unverifiedClientCertificates } from './mtls/unverified-client-certificates.ts';
import { bypass } from './telemetry/bypass.ts';
import { plaintextSeen } from './telemetry/plaintext-seen.ts';
import { unexpectedTrustDomain } from './telemetry/unexpected-trust-domain.ts';
import { unusedGrant } from './telemetry/unused-grant.ts';
import type { Rule } from './rule.ts';

/** All rules, by id. A new rule is one file and one line here. */
export const RULES: readonly Rule[] = [
  jwtNotRequired,
  allowAny,
  dryRunOnly,
  httpOnlyDeny,
  idleRule,
  noPolicy,
  removedControl,
  mutualTls,
  notApplied,
  notCaptured,
  policies,
  rejected,
  serving,
  tokens,
  egressAllowAny,
  registryOnlyAlone,
  permissive,
  unverifiedClientCertificates,
  bypass,
  plaintextSeen,
  unexpectedTrustDomain,
  unusedGrant,
];
