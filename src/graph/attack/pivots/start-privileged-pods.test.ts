import { describe, expect, it } from 'vitest';
import { allowIn, edgesOf, TWO_TEAMS } from '../../../../test/pivot-edges.ts';
import { namespace } from '../../../../test/small-mesh.ts';
import { startPrivilegedPods } from './start-privileged-pods.ts';

const CREATE = [{ resources: ['pods'], verbs: ['create'] }];

describe('startPrivilegedPods', () => {
  it('leads to the nodes where nothing shown refuses it', () => {
    expect(edgesOf(startPrivilegedPods, [...TWO_TEAMS, ...allowIn('bank', CREATE)])).toEqual([
      'shop/web -> tier 0: root on every node by RoleBinding bank/binding UNKNOWN',
    ]);
  });

  it.each(['baseline', 'restricted'])('is refused by Pod Security %s', (level) => {
    const home = namespace('safe', { 'pod-security.kubernetes.io/enforce': level });
    expect(edgesOf(startPrivilegedPods, [...TWO_TEAMS, home, ...allowIn('safe', CREATE)])).toEqual([]);
  });
});
