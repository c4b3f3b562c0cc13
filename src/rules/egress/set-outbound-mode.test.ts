import { expect, test } from 'vitest';
import { applyChanges, changedLines, patchesFor } from '../../../test/apply-changes.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import type { KindName } from '../../model/kinds.ts';
import { setOutboundMode } from './set-outbound-mode.ts';

const configMap = (mesh: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: ${mesh}`;

function changesOf(text: string, kind: KindName = 'ConfigMap') {
  const [object] = meshOf(text).mesh.resources.of(kind);
  if (!object) throw new Error(`no ${kind}`);
  return setOutboundMode(object);
}

const changed = (text: string, kind?: KindName): readonly string[] =>
  patchesFor(text, changesOf(text, kind)).flatMap(changedLines);

const modeOf = (text: string): string | undefined =>
  meshOf(text).mesh.configs.get('default')?.outboundTrafficPolicy.value;

test('in the text of a ConfigMap only the mode changes', () => {
  const text = configMap(
    '|-\n    # ours\n    outboundTrafficPolicy: {mode: "ALLOW_ANY"} # for now\n    trustDomain: td\n',
  );
  expect(changed(text)).toEqual([
    '-    outboundTrafficPolicy: {mode: "ALLOW_ANY"} # for now',
    '+    outboundTrafficPolicy: {mode: REGISTRY_ONLY} # for now',
  ]);
  expect(modeOf(applyChanges(text, changesOf(text)))).toBe('REGISTRY_ONLY');
});

test('where nothing is said it is added', () => {
  const text = configMap('|\n    trustDomain: td\n');
  expect(changed(text)).toEqual(['+    outboundTrafficPolicy:', '+      mode: REGISTRY_ONLY']);
  expect(modeOf(applyChanges(text, changesOf(text)))).toBe('REGISTRY_ONLY');
  const empty = configMap('""\n');
  expect(modeOf(applyChanges(empty, changesOf(empty)))).toBe('REGISTRY_ONLY');
});

test.each([
  '\'{"trustDomain": "td"}\'\n',
  '|\n    outboundTrafficPolicy:\n    trustDomain: td\n',
  '|\n    outboundTrafficPolicy: {}\n',
])('a text that cannot be changed in place is left to words: %j', (mesh) => {
  expect(changesOf(configMap(mesh))).toEqual([]);
});

test('the input of an installer has it as a field', () => {
  const operator =
    'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: i, namespace: istio-system}\nspec:\n  meshConfig:\n    trustDomain: td\n';
  expect(changed(operator, 'IstioOperator')).toEqual(['+    outboundTrafficPolicy:', '+      mode: REGISTRY_ONLY']);
  const sail = 'apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: {name: default}\nspec:\n  version: v1.27.0\n';
  expect(changed(sail, 'SailIstio')).toEqual([
    '+  values:',
    '+    meshConfig:',
    '+      outboundTrafficPolicy:',
    '+        mode: REGISTRY_ONLY',
  ]);
});
