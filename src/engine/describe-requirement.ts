import type { Requirement } from '../semantics/verdict.ts';

/** What a request needs to have, in words. */
export function describeRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'jwt':
      return requirement.issuer ? `a valid token of ${requirement.issuer}` : 'a valid token';
    case 'ext-authz':
      return `approval by external authorizer ${requirement.provider}`;
    case 'client-certificate':
      return `a client certificate of ${requirement.ca}`;
    case 'identity':
      return `mesh identity ${requirement.principal}`;
    case 'source-ip':
      return `a source address in ${requirement.ranges.join(', ')}`;
  }
}
