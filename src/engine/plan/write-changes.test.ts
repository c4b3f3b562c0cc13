import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KindName } from '../../model/kinds.ts';
import type { Resource } from '../../model/resource.ts';
import type { Change } from '../../model/change/change.ts';
import { readInput } from '../read-input.ts';
import { inputTexts } from './input-texts.ts';
import { unedited } from './edit-files.ts';
import { renderOn, renderSteps } from './render-patches.ts';
import { writeChanges } from './write-changes.ts';
import { writePatchFiles } from './write-patch-files.ts';

const SHOP = `# The shop.
# Nobody touches this.

apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
# of the web
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "web:1"}] # one
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: open
  namespace: shop
spec:
  rules:
  - {}
`;
const HELM = `---
# Source: bank/templates/namespace.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: bank
`;
const DENY = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'deny', namespace: 'shop' },
  spec: {},
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'write-'));
  mkdirSync(path.join(folder, 'in/shop'), { recursive: true });
  put('in/shop/shop.yaml', SHOP);
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
const get = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

async function load(input = 'in') {
  const io = { cwd: folder, stdin: async () => Buffer.from(HELM) };
  const inputs = [{ path: input }];
  const { mesh, provenance } = await readInput(inputs, {}, io);
  const find = (kind: KindName, namespace: string, name: string): Resource => {
    const found = mesh.resources.find(kind, namespace, name);
    if (!found) throw new Error(`no ${kind} ${name}`);
    return found;
  };
  return { texts: inputTexts(inputs, provenance.sources, io), find };
}

const label = (resource: Resource, value = 'enabled'): Change => ({
  kind: 'edit',
  resource,
  edits: [{ op: 'set', path: ['metadata', 'labels', 'istio-injection'], value }],
});

describe('changes in files', () => {
  test('edits, removals and new objects of one step, and the next on top of it', async () => {
    chmodSync(path.join(folder, 'in/shop/shop.yaml'), 0o640);
    const { texts, find } = await load();
    const namespace = find('Namespace', '', 'shop');
    const first = writeChanges(
      [
        label(namespace),
        { kind: 'remove', resource: find('AuthorizationPolicy', 'shop', 'open') },
        { kind: 'add', manifest: DENY, beside: find('Deployment', 'shop', 'web') },
      ],
      texts,
    );
    expect(first).toMatchObject({
      refused: [],
      files: [
        { file: 'in/shop/shop.yaml', how: 'edited', objects: ['Namespace shop', 'AuthorizationPolicy shop/open'] },
        { file: 'in/shop/authorizationpolicy-shop-deny.yaml', how: 'new', objects: ['AuthorizationPolicy shop/deny'] },
      ],
    });
    const expected = SHOP.slice(0, SHOP.lastIndexOf('---')).replace(
      'name: shop\n',
      'name: shop\n  labels:\n    istio-injection: enabled\n',
    );
    expect(get('in/shop/shop.yaml')).toBe(expected);
    expect(statSync(path.join(folder, 'in/shop/shop.yaml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(path.join(folder, 'in/shop'))).toEqual(['authorizationpolicy-shop-deny.yaml', 'shop.yaml']);

    const second = writeChanges([label(namespace, 'disabled')], texts, first.after);
    expect(second.refused).toEqual([]);
    expect(get('in/shop/shop.yaml')).toBe(expected.replace('enabled', 'disabled'));
    expect((await load()).find('Namespace', '', 'shop').labels).toEqual({ 'istio-injection': 'disabled' });
  });

  test('a file that was named alone, and one that a kustomization lists, takes new objects itself', async () => {
    for (const input of ['in/shop/shop.yaml', 'in']) {
      put('in/shop/shop.yaml', SHOP);
      if (input === 'in') put('in/shop/kustomization.yaml', 'resources: [shop.yaml]\n');
      const { texts, find } = await load(input);
      writeChanges([{ kind: 'add', manifest: DENY, beside: find('Namespace', '', 'shop') }], texts);
      expect(get('in/shop/shop.yaml').startsWith(`${SHOP}---\napiVersion: security.istio.io/v1\nkind: Auth`)).toBe(
        true,
      );
      expect((await load(input)).find('AuthorizationPolicy', 'shop', 'deny').spec).toEqual({});
    }
  });

  test('CRLF and a byte order mark stay', async () => {
    const text = `\ufeff${SHOP}`.replaceAll('\n', '\r\n');
    put('in/shop/shop.yaml', text);
    const { texts, find } = await load();
    writeChanges([label(find('Namespace', '', 'shop'))], texts);
    const expected = text.replace('name: shop\r\n', 'name: shop\r\n  labels:\r\n    istio-injection: enabled\r\n');
    expect(get('in/shop/shop.yaml')).toBe(expected);
  });

  test('a file whose last object goes is taken away', async () => {
    put('in/alone.yaml', '# bank\napiVersion: v1\nkind: Namespace\nmetadata: {name: bank}\n');
    const { texts, find } = await load();
    const change: Change = { kind: 'remove', resource: find('Namespace', '', 'bank') };
    expect(renderOn(unedited(texts), [change]).patches[0]?.diff).toContain('+++ /dev/null\n@@ -1,4 +0,0 @@\n');
    expect(writeChanges([change], texts).files).toEqual([
      { file: 'in/alone.yaml', how: 'removed', objects: ['Namespace bank'] },
    ]);
    expect(readdirSync(path.join(folder, 'in'))).toEqual(['shop']);
  });

  test('entries of long Lists', async () => {
    const names = Array.from({ length: 900 }, (_, i) => `n${i}`);
    const items = names.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { a: 'b' } },
    }));
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2);
    const yaml = `apiVersion: v1\nkind: List\nitems:\n${names.map((name) => `- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: ${name}\n    labels:\n      a: b\n`).join('')}`;
    for (const [file, text] of [
      ['list.json', json],
      ['list.yaml', yaml],
    ] as const) {
      put(`in/${file}`, text);
      const { texts, find } = await load(`in/${file}`);
      const [a, b] = [find('Namespace', '', 'n1'), find('Namespace', '', 'n700')];
      expect(writeChanges([label(b), label(a), label(b, 'disabled')], texts).refused).toEqual([]);
      const written = (await load(`in/${file}`)).find;
      expect(written('Namespace', '', 'n700').labels).toEqual({ a: 'b', 'istio-injection': 'disabled' });
      expect(written('Namespace', '', 'n1').labels).toEqual({ a: 'b', 'istio-injection': 'enabled' });
      const [old, fresh] = [text.split('\n'), get(`in/${file}`).split('\n')];
      expect(fresh.length - old.length).toBe(2);
      expect(old.filter((line, i) => line !== (fresh[i] ?? '') && !fresh.includes(line))).toEqual([]);
      rmSync(path.join(folder, `in/${file}`));
    }
  });

  test('what is rendered is told and not written, by name', async () => {
    put('in/bank.yaml', HELM);
    const { texts, find } = await load();
    const changes = [label(find('Namespace', '', 'bank')), label(find('Namespace', '', 'shop'))];
    const { patches, rendered } = renderOn(unedited(texts), changes);
    expect(patches.map(({ file }) => file)).toEqual(['in/bank.yaml', 'in/shop/shop.yaml']);
    expect(rendered).toEqual([
      {
        file: 'in/bank.yaml',
        objects: ['Namespace bank'],
        source: expect.objectContaining({ by: 'Helm', origin: 'bank/templates/namespace.yaml' }),
      },
    ]);
    expect(writeChanges(changes, texts)).toMatchObject({
      files: [],
      refused: [
        {
          object: 'Namespace bank',
          file: 'in/bank.yaml',
          help: 'change `bank/templates/namespace.yaml` of the chart, or its values',
        },
      ],
    });
    expect(get('in/shop/shop.yaml')).toBe(SHOP);
  });

  test('stdin', async () => {
    const { texts, find } = await load('-');
    const change = label(find('Namespace', '', 'bank'));
    expect(writeChanges([change], texts).refused).toEqual([
      {
        object: 'Namespace bank',
        file: '<stdin>',
        message: 'it comes from stdin: what was piped',
        help: 'change what was piped, or name the files as input',
      },
    ]);
    const { patches } = renderOn(unedited(texts), [change]);
    expect(patches[0]?.diff).toContain('+  labels:\n+    istio-injection: enabled\n');
  });

  test('a file that changed meanwhile is left alone', async () => {
    const { texts, find } = await load();
    const change = label(find('Namespace', '', 'shop'));
    put('in/shop/shop.yaml', `${SHOP}# more\n`);
    expect(() => writeChanges([change], texts)).toThrow('`in/shop/shop.yaml` has changed since it was audited');
  });

  test('no name of a file that is there is taken, and no way leads out of the input', async () => {
    put('in/shop/authorizationpolicy-shop-deny.yaml', 'a: 1\n');
    const { texts, find } = await load();
    const add: Change = { kind: 'add', manifest: DENY, beside: find('Namespace', '', 'shop') };
    expect(writeChanges([add], texts).files[0]?.file).toBe('in/shop/authorizationpolicy-shop-deny-2.yaml');
    expect(get('in/shop/authorizationpolicy-shop-deny.yaml')).toBe('a: 1\n');

    mkdirSync(path.join(folder, 'out'));
    rmSync(path.join(folder, 'in/shop'), { recursive: true });
    put('out/shop.yaml', SHOP);
    symlinkSync('../out', path.join(folder, 'in/shop'));
    expect(writeChanges([label(find('Namespace', '', 'shop'))], texts).refused).toHaveLength(1);
    expect(get('out/shop.yaml')).toBe(SHOP);
  });
});

describe('patches', () => {
  const hasPatch = spawnSync('patch', ['--version']).status === 0;

  test.skipIf(!hasPatch)('of steps apply one after another and give what writing gives', async () => {
    const { texts, find } = await load();
    const namespace = find('Namespace', '', 'shop');
    const steps = [
      { id: 'enrol shop', changes: [label(namespace)] },
      {
        id: 'deny',
        changes: [
          { kind: 'add', manifest: DENY, beside: namespace } as Change,
          { kind: 'remove', resource: find('AuthorizationPolicy', 'shop', 'open') } as Change,
        ],
      },
      { id: 'again', changes: [label(namespace, 'disabled')] },
    ];
    const { files, refused } = writePatchFiles(steps, 'plan', texts, { cwd: folder });
    expect(refused).toEqual([]);
    expect(files).toEqual([
      '01-enrol-shop.patch',
      '02-deny.patch',
      path.join('02-deny', 'authorizationpolicy-shop-deny.yaml'),
      '03-again.patch',
    ]);
    expect(
      renderSteps(
        steps.map(({ changes }) => changes),
        unedited(texts),
      ).map(({ patches }) => patches.length),
    ).toEqual([1, 2, 1]);
    for (const file of files.filter((name) => name.endsWith('.patch')))
      execFileSync('patch', ['-p0', '-i', path.join('plan', file)], { cwd: folder });
    const patched = [get('in/shop/shop.yaml'), get('in/shop/authorizationpolicy-shop-deny.yaml')];
    rmSync(path.join(folder, 'in/shop/authorizationpolicy-shop-deny.yaml'));
    put('in/shop/shop.yaml', SHOP);
    let after: ReturnType<typeof writeChanges>['after'] | undefined;
    for (const { changes } of steps) ({ after } = writeChanges(changes, texts, after));
    expect([get('in/shop/shop.yaml'), get('in/shop/authorizationpolicy-shop-deny.yaml')]).toEqual(patched);
    expect(() => writePatchFiles(steps, 'plan', texts, { cwd: folder })).toThrow('`plan` is not empty');
  });
});
