import { describe, expect, it } from 'vitest';
import type { Resource } from '../model/resource.ts';
import { addObjects, changeSpec, setField } from './changes.ts';

const origin = { source: 'shop/policies.yaml', line: 12, locate: () => ({ file: 'x', line: 12, column: 1 }) };
const policyOf = (spec: unknown): Resource => ({
  cluster: '',
  kind: 'AuthorizationPolicy',
  apiVersion: 'security.istio.io/v1beta1',
  name: 'callers',
  namespace: 'shop',
  labels: {},
  annotations: {},
  ownerReferences: [],
  spec,
  origin,
});
const edits = (before: object, after: object): unknown => {
  const change = changeSpec(policyOf(before), after);
  return change.kind === 'edit' ? change.edits : undefined;
};

describe('changes that rules propose', () => {
  it('another spec is said as the fields that differ', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ from: [{ source: { principals: [name] } }] }));
    expect(edits({ action: 'ALLOW', rules: [a] }, { action: 'ALLOW', rules: [a] })).toEqual([]);
    expect(edits({ rules: [a, b, c] }, { rules: [b] })).toEqual([
      { op: 'delete', path: ['spec', 'rules', 2] },
      { op: 'delete', path: ['spec', 'rules', 0] },
    ]);
    expect(edits({ rules: [a] }, { rules: [a, b] })).toEqual([{ op: 'append', path: ['spec', 'rules'], value: b }]);
    expect(edits({ rules: [a] }, { rules: [b] })).toEqual([
      { op: 'set', path: ['spec', 'rules', 0, 'from', 0, 'source', 'principals', 0], value: 'b' },
    ]);
  });

  it('fields come and go, and an empty spec is filled without replacing what the model does not read of it', () => {
    expect(edits({ rules: [{}], action: 'DENY' }, { action: 'DENY' })).toEqual([
      { op: 'delete', path: ['spec', 'rules'] },
    ]);
    expect(edits({}, { mtls: { mode: 'STRICT' } })).toEqual([
      { op: 'set', path: ['spec', 'mtls'], value: { mode: 'STRICT' } },
    ]);
  });

  it('new objects go beside what they protect; one field is one edit', () => {
    const policy = policyOf({});
    const manifest = { kind: 'AuthorizationPolicy', metadata: { name: 'deny', namespace: 'shop' } };
    expect(addObjects(policy, [manifest])).toEqual([{ kind: 'add', manifest, beside: policy }]);
    expect(addObjects(policy, [])).toEqual([]);
    expect(setField(policy, ['metadata', 'labels', 'x'], 'y')).toEqual({
      kind: 'edit',
      resource: policy,
      edits: [{ op: 'set', path: ['metadata', 'labels', 'x'], value: 'y' }],
    });
  });
});
