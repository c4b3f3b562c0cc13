import { describe, expect, it } from 'vitest';
import { changed, evidenceOf, sample } from '../../../test/seen-mesh.ts';
import { recogniseForm } from '../../collect/observations/recognise.ts';
import type { Evidence } from '../evidence.ts';

const manifests = sample('manifests.yaml');
const configz = sample('configz.json');
const rows = ({ applied }: Evidence): readonly string[] =>
  (applied?.drifts ?? []).map(({ kind, object, fields }) => `${kind} ${object.kind} ${object.name} ${fields.join()}`);

describe("istiod's configz", () => {
  it('of a recorded mesh agrees with what was applied', () => {
    const evidence = evidenceOf(manifests, configz);
    expect(rows(evidence)).toEqual([]);
    expect(evidence.applied?.same.map(({ name }) => name).sort()).toEqual(['default', 'only-a']);
  });

  it('shows what istiod does not have, has too, and has otherwise', () => {
    expect(rows(evidenceOf(manifests, changed(configz, ['"name":"default"', '"name":"other"'])))).toEqual([
      'missing PeerAuthentication default ',
      'extra PeerAuthentication other ',
    ]);
    expect(
      rows(
        evidenceOf(
          manifests,
          changed(configz, [/"mtls":\{"mode":"STRICT"\}\}\}\]/, '"mtls":{"mode":"PERMISSIVE"}}}]']),
        ),
      ),
    ).toEqual(['different PeerAuthentication default spec.mtls.mode']);
    expect(
      rows(
        evidenceOf(
          changed(manifests, ['mode: STRICT', 'mode: DISABLE']),
          changed(configz, [/"spec":\{"mtls":\{"mode":"STRICT"\}\}\}\]/, '"spec":{"mtls":{}}}]']),
        ),
      ),
    ).toEqual(['different PeerAuthentication default spec.mtls.mode']);
  });

  it('says nothing of objects in namespaces that the input does not claim to know', () => {
    const elsewhere = changed(configz, [/"name":"default","namespace":"demo"/, '"name":"default","namespace":"lab"']);
    expect(rows(evidenceOf(manifests, elsewhere))).toEqual(['missing PeerAuthentication default ']);
  });

  it('says once what several istiods and pages say alike; an object that one of them lacks is not the same', () => {
    const lacks = changed(configz, ['"name":"default"', '"name":"other"']);
    const evidence = evidenceOf(manifests, configz, lacks, lacks);
    expect(rows(evidence)).toEqual(['missing PeerAuthentication default ', 'extra PeerAuthentication other ']);
    expect(evidence.applied?.same.map(({ name }) => name)).toEqual(['only-a']);
  });

  it('a value that was not kept is neither the same nor another', () => {
    const held = changed(configz, ['"cluster.local/ns/demo/sa/client-a"', '"REDACTED-1"']);
    const evidence = evidenceOf(manifests, held);
    expect(rows(evidence)).toEqual([]);
    expect(evidence.applied?.same.map(({ name }) => name)).toEqual(['default']);
    expect(rows(evidenceOf(manifests, changed(held, ['"GET"', '"PUT"'])))).toEqual([
      'different AuthorizationPolicy only-a spec.rules[0].to[0].operation.methods[0]',
    ]);
  });

  it('keeps nothing of what was last applied', () => {
    expect(JSON.stringify(recogniseForm(configz)?.read(configz, { file: 'c', cluster: '' }))).not.toContain(
      'last-applied',
    );
  });
});

it('authorizationz tells of AuthorizationPolicies alone: the recorded one was taken at another time', () => {
  expect(rows(evidenceOf(manifests, sample('authorizationz.json')))).toEqual([
    'different AuthorizationPolicy only-a spec.rules[0].from[0].source.principals[0],spec.rules[0].to',
  ]);
});

describe("istiod's registryz", () => {
  const registry = sample('registryz.json');
  const server = '"Name":"server"';

  it('of a recorded mesh agrees with the Services that were applied', () => {
    const evidence = evidenceOf(manifests, registry);
    expect(rows(evidence)).toEqual([]);
    expect(evidence.applied?.same.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Service server']);
  });

  it('shows a Service that istiod does not know, or knows otherwise', () => {
    const found = (...changes: Parameters<typeof changed>[1][]) =>
      rows(evidenceOf(manifests, changed(registry, ...changes)));
    expect(found([server, '"Name":"other"'])).toEqual(['missing Service server ']);
    expect(found(['{"app":"server"}', '{"app":"web"}'])).toEqual(['different Service server spec.selector']);
    expect(found([/"port":80,/, '"port":81,'])).toEqual(['different Service server spec.ports']);
    expect(found([/"protocol":"HTTP"\}/, '"protocol":"TCP"}'])).toEqual([
      'different Service server spec.ports[0] (taken for TCP)',
    ]);
  });

  it('says only of a Service of several clusters that istiod knows it', () => {
    const merged = changed(
      registry,
      ['"Kubernetes":["10.96.0.50"]', '"a":["10.96.0.50"],"b":["10.96.0.50"]'],
      [/"port":80,/, '"port":81,'],
    );
    const evidence = evidenceOf(manifests, merged);
    expect([rows(evidence), evidence.applied?.same]).toEqual([[], []]);
  });

  it('that is cut is no list of Services', () => {
    const text = registry.slice(0, -20);
    expect(recogniseForm(text)?.read(text, { file: 'r', cluster: '' })).toMatchObject({
      message: expect.stringContaining('are not whole'),
    });
  });
});
