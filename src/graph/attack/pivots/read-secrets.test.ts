import { describe, expect, it } from 'vitest';
import { allowEverywhere, allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { readSecrets } from './read-secrets.ts';

const read = (names?: readonly string[]) => [{ resources: ['secrets'], verbs: ['get'], ...(names ? { names } : {}) }];

describe('readSecrets', () => {
  it('counts where the key of the CA is, or everything', () => {
    expect(edgesOf(readSecrets, [...TWO_TEAMS, ...allowIn('istio-system', read())])).toEqual([
      'shop/web -> tier 0: may read the key of the mesh CA by RoleBinding istio-system/binding',
    ]);
    expect(edgesOf(readSecrets, [...TWO_TEAMS, ...allowEverywhere(read())])).toEqual([
      'shop/web -> tier 0: may read every Secret by ClusterRoleBinding /binding',
    ]);
    expect(edgesOf(readSecrets, [...TWO_TEAMS, ...allowEverywhere(read(['cacerts']))])).toHaveLength(1);
  });

  it('does not count for other Secrets', () => {
    expect(edgesOf(readSecrets, [...TWO_TEAMS, ...allowIn('bank', read())])).toEqual([]);
    expect(edgesOf(readSecrets, [...TWO_TEAMS, ...allowIn('istio-system', read(['gateway-tls']))])).toEqual([]);
  });
});
