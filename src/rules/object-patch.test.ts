import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../test/apply-patches.ts';
import type { Resource } from '../model/resource.ts';
import { addedLines, changedObject, manifestOf, removedObject } from './object-patch.ts';

const location = { file: 'shop/policies.yaml', line: 12, column: 1 };
const policy: Resource = {
  cluster: '',
  kind: 'AuthorizationPolicy',
  apiVersion: 'security.istio.io/v1',
  name: 'callers',
  namespace: 'shop',
  labels: {},
  annotations: { 'istio.io/dry-run': 'true' },
  ownerReferences: [],
  spec: { action: 'DENY', rules: [{ to: [{ operation: { methods: ['GET'] } }] }] },
  origin: { source: 'shop/policies.yaml', line: 12, locate: () => location },
};

describe('patches of whole objects', () => {
  it('marks the lines that change and keeps the others, so that the object can be read back', () => {
    const patch = changedObject(policy, manifestOf(policy, { annotations: {}, spec: { action: 'DENY', rules: [{}] } }));
    expect(patch).toMatchObject({
      file: 'shop/policies.yaml',
      kind: 'edit',
      objects: ['AuthorizationPolicy shop/callers'],
    });
    const marked = patch.diff.split('\n').filter((line) => /^[-+] /.test(line));
    expect(marked).toEqual([
      '-  annotations:',
      "-    istio.io/dry-run: 'true'",
      '-    - to:',
      '-        - operation:',
      '-            methods:',
      '-              - GET',
      '+    - {}',
    ]);
    expect(objectsOf(patch)).toEqual([
      {
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'callers', namespace: 'shop' },
        spec: { action: 'DENY', rules: [{}] },
      },
    ]);
    // Line counts as unified diffs have them.
    expect(patch.diff).toContain('@@ -12,14 +12,9 @@ AuthorizationPolicy shop/callers');
  });

  it('takes an object out, and leaves nothing', () => {
    const patch = removedObject(policy);
    expect(objectsOf(patch)).toEqual([]);
    expect(patch.diff).toContain('+++ /dev/null');
  });

  it('adds lines below a place', () => {
    const by = { kind: 'ConfigMap', namespace: 'istio-system', name: 'istio', location };
    expect(addedLines(by, 'data.mesh', ['a: 1', 'b: 2']).diff).toBe(
      '--- shop/policies.yaml\n+++ shop/policies.yaml\n@@ -12,0 +12,2 @@ data.mesh\n+a: 1\n+b: 2\n',
    );
  });
});
