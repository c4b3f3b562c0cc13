import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controlsOf } from '../src/packs/controls.ts';
import type { Stated } from '../src/graph/make-facts.ts';
import { RULES } from '../src/rules/index.ts';
import { observationsOf } from './observations-of.ts';
import { factsOfText, failsOf } from './judge-fixture.ts';

const root = new URL('../', import.meta.url);
const HEADINGS = [
  'What',
  'Why it matters',
  'How Istio behaves',
  'Vulnerable',
  'Hardened',
  'How to validate',
  'How to roll back',
  'References',
  'Controls',
];

/** The blocks under a heading of a page: manifests; and as JSON what is seen of them running, where the rule is about that. */
function blocksUnder(page: string, heading: string, language: 'yaml' | 'json' = 'yaml'): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const blocks = section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].filter(([, name]) => name === language).map(([, , text = '']) => text);
}

/** What is seen of the mesh of a fixture, for rules that judge that. */
function observed(id: string, name: 'vulnerable' | 'hardened'): Stated {
  const file = new URL(`src/rules/${id}/${name}.json`, root);
  return existsSync(file) ? { observed: observationsOf({ [`${name}.json`]: readFileSync(file, 'utf8') }) } : {};
}

it('rule ids are unique and sorted', () => {
  const ids = RULES.map(({ meta }) => meta.id);
  expect(ids).toEqual([...new Set(ids)].sort());
});

it('the six fixed ids are there', () => {
  expect(RULES.map(({ meta }) => meta.id)).toEqual(
    expect.arrayContaining([
      'mtls/permissive',
      'authz/allow-any',
      'authn/jwt-not-required',
      'authz/http-only-deny',
      'authz/dry-run-only',
      'egress/registry-only-alone',
    ]),
  );
});

describe.each(RULES.map((rule) => [rule.meta.id, rule] as const))('%s', (id, rule) => {
  const page = readFileSync(new URL(`docs/rules/${id}.md`, root), 'utf8');

  it('has a page with the fixed headings', () => {
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
    expect(page).toContain(rule.meta.catalogue);
  });

  it('fires on the vulnerable mesh of its page', () => {
    const blocks = blocksUnder(page, 'Vulnerable');
    const seen = blocksUnder(page, 'Vulnerable', 'json');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks)
      expect(failsOf(rule, factsOfText(block, `${id}.md`, observed(id, 'vulnerable'), {}, seen))).not.toEqual([]);
  });

  it('does not fire on the hardened mesh of its page', () => {
    const blocks = blocksUnder(page, 'Hardened');
    const seen = blocksUnder(page, 'Hardened', 'json');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks)
      expect(failsOf(rule, factsOfText(block, `${id}.md`, observed(id, 'hardened'), {}, seen))).toEqual([]);
  });

  it('has fixtures that are the meshes of its page', () => {
    for (const [heading, name] of [
      ['Vulnerable', 'vulnerable'],
      ['Hardened', 'hardened'],
    ] as const) {
      const file = new URL(`src/rules/${id}/${name}.yaml`, root);
      expect(existsSync(file)).toBe(true);
      expect(blocksUnder(page, heading)).toContain(readFileSync(file, 'utf8'));
      const dump = new URL(`src/rules/${id}/${name}.json`, root);
      for (const seen of blocksUnder(page, heading, 'json')) expect(readFileSync(dump, 'utf8')).toBe(seen);
    }
  });

  it('maps to controls', () => {
    expect(controlsOf(id).length).toBeGreaterThan(0);
  });
});
