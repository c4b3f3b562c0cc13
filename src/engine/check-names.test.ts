import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { meshText, namespace, workload } from '../../test/small-mesh.ts';
import { wantedTraffic } from '../graph/wanted.ts';
import { makeFacts } from '../graph/make-facts.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { checkNames } from './check-names.ts';
import { readConfig } from './read-config.ts';

const SHOP = meshText([
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'search', { ports: { http: 8080 } }),
]);
const configOf = (...lines: readonly string[]) =>
  readConfig({ path: 'meshproof.yaml', text: ['apiVersion: meshproof.dev/v1', 'kind: Config', ...lines].join('\n') });

const told = (input: Parameters<typeof meshOf>[0], ...lines: readonly string[]) =>
  checkNames(meshOf(input).mesh, configOf(...lines)).map(({ line, message, help }) => `${line}: ${message}; ${help}`);

describe('checkNames', () => {
  it('names flows and assets that the input does not have, with their lines and what is near', () => {
    expect(
      told(
        SHOP,
        'assets:',
        '  - { select: { workload: shop/web }, sensitivity: high }',
        '  - { select: { labels: { app: ledger } }, sensitivity: high }',
        'wanted:',
        '  - { from: internet, to: "shop/web:8080" }',
        '  - { from: shop/web, to: shop/search }',
        '  - { from: shop/wep, to: shop/search }',
        '  - { from: shop/web, to: "shop/serch:8080" }',
        '  - { from: shop/web, to: "shop/search:80" }',
      ),
    ).toEqual([
      '9: a wanted flow counts for nothing: there is no workload `shop/wep` in the input; did you mean `shop/web`?',
      '10: a wanted flow counts for nothing: there is no workload `shop/serch` in the input; did you mean `shop/search`?',
      '11: a wanted flow counts for nothing: shop/search has no port 80; its own ports, after `targetPort`: 8080',
      '5: an asset is not in the input: `{"labels":{"app":"ledger"}}` selects no workload; labels are those of the pod template; `workload` is namespace/name',
    ]);
  });

  it('takes a name without a cluster for the workloads of all clusters', () => {
    const clusters = { east: SHOP, west: SHOP };
    const flow = '  - { from: shop/web, to: "shop/search:8080" }';
    expect(told(clusters, 'wanted:', flow, '  - { from: east:shop/web, to: west:shop/search }')).toEqual([]);
    expect(told(clusters, 'wanted:', '  - { from: shop/wep, to: shop/search }')).toEqual([
      '4: a wanted flow counts for nothing: there is no workload `shop/wep` in the input; did you mean `shop/web`?',
    ]);
    const enforcement = new Enforcement(meshOf(clusters).mesh);
    const { entrances } = makeFacts(enforcement);
    const declared = configOf('wanted:', flow).config.wanted ?? [];
    const { flows } = wantedTraffic(enforcement, { declared, accepted: [] }, entrances);
    expect(flows.map(({ from, to, port }) => `${from} ${to}:${port}`)).toEqual([
      'east:shop/web east:shop/search:8080',
      'east:shop/web west:shop/search:8080',
      'west:shop/web east:shop/search:8080',
      'west:shop/web west:shop/search:8080',
    ]);
  });
});
