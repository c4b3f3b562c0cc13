import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../src/engine/answer-request.ts';
import { compareAfter } from '../src/engine/explain/compare-after.ts';
import { explain } from '../src/engine/explain/explain.ts';
import { readAsk } from '../src/engine/explain/read-ask.ts';
import type { Explanation } from '../src/result/explanation.ts';
import type { Patch } from '../src/result/types.ts';
import type { Request } from '../src/result/request.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import { applyPatches } from './apply-patches.ts';
import { meshOf } from './mesh-of.ts';
import { textsIn } from './texts-in.ts';

const root = fileURLToPath(new URL('../examples/', import.meta.url));

function textOf(example: string): string {
  const folder = join(root, example);
  const files = readdirSync(folder).filter((name) => !['meshproof.yaml', 'tests.yaml'].includes(name));
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n---\n');
}

const load = (text: string): Enforcement => new Enforcement(meshOf(text).mesh);

function outcomeOf(enforcement: Enforcement, request: Request): string {
  const answer = answerRequest(enforcement, request);
  return 'error' in answer ? answer.error : answer.decisive.verdict.outcome;
}

/** Every source and port, thinned out evenly; odd ones as an attacker. */
function questions(enforcement: Enforcement, every: number): readonly Request[] {
  const { workloads } = enforcement.mesh;
  const sources = [...workloads.map(({ id }) => id), 'internet', 'pod-outside-mesh', 'node', 'apiserver'];
  const targets = workloads.flatMap(({ id, ports, gateway }) =>
    gateway ? [] : ports.map(({ port }) => `${id}:${port}`),
  );
  const all = sources.flatMap((from) => targets.map((to) => ({ from, to })));
  return all.flatMap(({ from, to }, index) => {
    if (index % every !== 0) return [];
    const request = readAsk(enforcement, { from, to, as: index % 2 === 0 ? 'app' : 'attacker', path: '/v1/charges' });
    return 'error' in request ? [] : [request];
  });
}

describe.each(['payments', 'payments-hardened'])('explanations of examples/%s', (example) => {
  const text = textOf(example);
  const enforcement = load(text);
  const texts = textsIn({ 'mesh.yaml': text });
  const loadPatched = (patches: readonly Patch[]): Enforcement =>
    load(Object.values(applyPatches({ 'mesh.yaml': text }, patches)).join('---\n'));
  const explained = questions(enforcement, 3).map((request) => {
    const found = explain(enforcement, request, texts);
    if ('error' in found) throw new Error(found.error);
    return found;
  });

  it('the nearest request has the other verdict, decided on a mesh of its own', () => {
    const fresh = load(text);
    const found = explained.filter(({ nearest }) => nearest);
    expect(found.length).toBeGreaterThan(5);
    for (const { verdict, nearest } of found) {
      const wanted = verdict === 'allow' ? 'deny' : 'allow';
      expect(nearest && outcomeOf(fresh, nearest.request), JSON.stringify(nearest)).toBe(wanted);
    }
  });

  it('the patches, put into the files, turn the verdict', () => {
    const found = explained
      .filter(({ change }) => (change?.steps.length ?? 0) > 0)
      .filter((_, index) => index % 2 === 0);
    expect(found.length).toBeGreaterThan(5);
    for (const { request, change } of found) {
      // Where a token has to be sent besides, the request as it was asked is still refused.
      if (!change || change.advice?.includes('token')) continue;
      const after = loadPatched(change.steps.map(({ patch }) => patch));
      expect(outcomeOf(after, request), JSON.stringify({ request, change })).toBe(change.to);
    }
  });

  it('what a change is said to turn besides really turns', () => {
    const made = explained.flatMap(({ change }) =>
      change ? [...change.steps.slice(0, 1), ...change.alternatives].map((step) => ({ step, to: change.to })) : [],
    );
    const found = made.filter(({ step }) => step.also.examples.length > 0).slice(0, 12);
    expect(found.length).toBeGreaterThan(3);
    for (const { step, to } of found) {
      const after = loadPatched([step.patch]);
      const turned = step.also.examples.map((request) => [outcomeOf(enforcement, request), outcomeOf(after, request)]);
      expect(
        turned.every(([before, then]) => before !== to && then === to),
        JSON.stringify(turned),
      ).toBe(true);
    }
  });

  it('what is proven to turn nothing else turns nothing that is asked', () => {
    const found = explained.filter(({ change }) => {
      const [step, more] = change?.steps ?? [];
      return step && !more && step.also.basis === 'proven' && step.also.turned === 0;
    });
    expect(found.length).toBeGreaterThan(2);
    for (const { request, change } of found.slice(0, 12)) {
      const [step] = change?.steps ?? [];
      if (!change || !step) continue;
      const after = loadPatched([step.patch]);
      const resource = after.mesh.resources
        .of('AuthorizationPolicy')
        .find(({ namespace, name }) => step.patch.objects.includes(`AuthorizationPolicy ${namespace}/${name}`));
      if (!resource) throw new Error('the patch holds a policy');
      const perPort = /operation/.test(step.also.limits ?? 'operation') === false;
      expect(compareAfter(enforcement, after, request, { resource, perPort }, change.to).examples).toEqual([]);
    }
  });

  it('says the same of the same question every time', () => {
    const again = questions(load(text), 9).map((request) => explain(load(text), request, texts));
    const first = explained.filter((_, index) => index % 3 === 0);
    const json = (all: readonly unknown[]): readonly string[] => all.map((each) => JSON.stringify(each));
    expect(json(again).slice(0, 10)).toEqual(json(first as readonly Explanation[]).slice(0, 10));
  });
});
