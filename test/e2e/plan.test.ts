import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { planAnswer } from '../../src/result/plan.ts';
import type { AttackPath } from '../../src/result/types.ts';
import { makeWorkshop, tools } from '../corpus/generated-meshes.ts';
import { meshproof, root } from './meshproof.ts';

let folder = '';
let copies = 0;

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the example, by its name in the folder that commands run in. */
function copy(): string {
  const name = `payments-${++copies}`;
  cpSync(join(root, 'examples/payments'), join(folder, name), { recursive: true });
  return name;
}

const SENSITIVE =
  '  - { select: { namespace: payments, labels: { app: payments-api } }, sensitivity: critical, why: charges }\n';

const run = (...args: readonly string[]) => meshproof(args, '', folder);
const plan = (...args: readonly string[]) => {
  const { code, out, err } = run('plan', ...args, '--format', 'json');
  if (code === 2) throw new Error(err);
  return { code, ...planAnswer.parse(JSON.parse(out)) };
};
const stepsOf = ({ plan: { horizons } }: ReturnType<typeof plan>) => horizons.flatMap(({ steps }) => steps);
const listing = (name: string) =>
  new Map(readdirSync(join(folder, name)).map((file) => [file, readFileSync(join(folder, name, file), 'utf8')]));

describe('meshproof plan', () => {
  it('says of each step what it closes, keeps and needs, how to test it and how to go back', () => {
    const answer = plan(copy());
    const steps = stepsOf(answer);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
    for (const step of steps) {
      expect(step.closes.paths.length).toBeGreaterThan(0);
      expect(step.keeps.have).toBe(step.keeps.of);
      expect(step.breaks).toEqual([]);
      expect(step.patches.length).toBeGreaterThan(0);
      expect(step.tests.positive[0]).toMatch(/^meshproof explain payments-\d+ --from .* # allow$/);
      expect(step.tests.negative[0]).toMatch(/# deny$/);
      expect(step.rollback).toContain('kubectl delete authorizationpolicy');
    }
    const paths = new Set(steps.flatMap(({ closes }) => closes.paths));
    for (const path of paths) expect(answer.closes.paths).toContain(path);
    const findings = steps.flatMap(({ closes }) => closes.findings);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(answer.closes.findings).toContain(finding);
  });

  it('its tests hold before and after: the commands, and the cases in a policy test', () => {
    const name = copy();
    const steps = stepsOf(plan(name));
    const explain = (line: string) => {
      const [command = '', expected] = line.split(/ +# /);
      const { out } = run(...command.split(' ').slice(1), '--format', 'json');
      return [JSON.parse(out).verdict, expected];
    };
    const commands = (kind: 'positive' | 'negative') =>
      steps.flatMap(({ tests }) => tests[kind].filter((line) => line.startsWith('meshproof')));
    for (const line of commands('negative')) expect(explain(line)[0]).not.toBe('deny');
    run('plan', name, '--write', '--yes');
    for (const line of [...commands('positive'), ...commands('negative')]) {
      const [verdict, expected] = explain(line);
      expect(verdict, line).toBe(expected);
    }
    const cases = steps.flatMap(({ tests }) => tests.cases.trimEnd().split('\n')).map((line) => `  ${line}`);
    const suite = ['apiVersion: meshproof.dev/v1', 'kind: PolicyTest', `resources: [./${name}]`, 'cases:', ...cases];
    writeFileSync(join(folder, 'suite.yaml'), `${suite.join('\n')}\n`);
    const tested = run('test', 'suite.yaml', '--format', 'json');
    expect(JSON.parse(tested.out)).toMatchObject({ failed: 0 });
    expect(JSON.parse(tested.out).passed).toBeGreaterThan(5);
  });

  it('--write edits the files, audits again, and planning again proposes nothing of the same', () => {
    const name = copy();
    const before = listing(name);
    const first = plan(name, '--write', '--yes');
    const { written } = first;
    expect(written?.broken).toEqual([]);
    expect(written?.leftOut).toEqual([]);
    expect(written?.keeps.have).toBe(written?.keeps.of);
    expect(written?.after).toEqual(first.planned);
    const after = listing(name);
    for (const [file, text] of before) {
      const comments = (all: string) => all.split('\n').filter((line) => line.includes('#'));
      expect(comments(after.get(file) ?? '')).toEqual(comments(text));
      if (file !== 'policies.yaml') expect(after.get(file)).toBe(text);
    }
    // Lines that are left of the file stand as they stood, in their order.
    const lines = (before.get('policies.yaml') ?? '').split('\n');
    const kept = (after.get('policies.yaml') ?? '').split('\n').filter((line) => line !== 'spec: {}');
    let at = -1;
    for (const line of kept) {
      at = lines.indexOf(line, at + 1);
      expect(at, line).toBeGreaterThanOrEqual(0);
    }
    expect(lines.length - kept.length).toBeLessThan(5);
    const again = plan(name);
    const proposed = new Set(stepsOf(first).map(({ id }) => id));
    expect(stepsOf(again).filter(({ id }) => proposed.has(id))).toEqual([]);
    for (const path of first.closes.paths) expect(again.closes.paths).not.toContain(path);
    expect(again.now.paths).toEqual(first.planned.paths);
  });

  it('--step by number and by id writes that one with what it needs', () => {
    const name = copy();
    const [, second] = stepsOf(plan(name));
    const shown = run('plan', name, '--step', '2').out;
    expect(shown).toContain(`id        ${second?.id}`);
    expect(shown).toContain('+++ ');
    expect(run('plan', name, '--step', second?.id ?? '').out).toBe(shown);
    const { written } = plan(name, '--step', '2', '--write', '--yes');
    expect(written?.steps.map(({ step }) => step)).toEqual([...(second?.after ?? []), second?.id]);
    expect(written?.broken).toEqual([]);
  });

  it('--out writes patches that come to the same, and never over something', () => {
    const name = copy();
    const { out } = plan(name, '--out', 'patches');
    expect(out?.files.filter((file) => file.endsWith('.patch'))).not.toEqual([]);
    for (const file of out?.files ?? []) expect(existsSync(join(folder, 'patches', file))).toBe(true);
    const again = run('plan', name, '--out', 'patches');
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('`patches` is not empty')]);
  });

  it('leaves out what something renders, by name and with what to do, and what nobody said the callers of', () => {
    const name = copy();
    const file = join(folder, name, 'policies.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replaceAll(/^---$/gm, '---\n# Source: pay/templates/x.yaml')
        .replace(/^/, '# Source: pay/templates/x.yaml\n'),
    );
    const before = listing(name);
    const { written } = plan(name, '--write', '--yes');
    const [left] = written?.leftOut ?? [];
    expect(left?.why).toContain('made by Helm from pay/templates/x.yaml');
    expect(left?.help).toContain('change `pay/templates/x.yaml`');
    expect(listing(name).get('policies.yaml')).toBe(before.get('policies.yaml'));

    const unknown = copy();
    const config = join(folder, unknown, 'meshproof.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace(/^wanted:[\s\S]*/m, SENSITIVE));
    const asked = plan(unknown);
    const unsure = stepsOf(asked).filter(({ needs }) => needs.includes('--accept-unknown-callers'));
    expect(unsure.length).toBeGreaterThan(0);
    const cautious = plan(unknown, '--write', '--yes').written;
    expect(cautious?.leftOut.map(({ step }) => step)).toEqual(expect.arrayContaining(unsure.map(({ id }) => id)));
    expect(cautious?.leftOut[0]?.help).toContain('--accept-unknown-callers');
    const bold = plan(unknown, '--write', '--yes', '--accept-unknown-callers').written;
    expect(bold?.leftOut).toEqual([]);
    expect(bold?.broken).toEqual([]);
  });

  it('bad usage is a clear error', () => {
    const name = copy();
    const error = (...args: readonly string[]) => {
      const { code, err } = run('plan', ...args);
      expect(code).toBe(2);
      expect(err).not.toContain('    at ');
      return err;
    };
    expect(error(name, '--step', '99')).toContain('there is no step `99`');
    expect(error(name, '--write')).toContain('give --yes');
    expect(error(name, '--yes')).toContain('give --write too');
    expect(error()).toContain('no input');
  });

  it('is part of the audit: what to do first, and a section of each report', () => {
    const name = copy();
    expect(run('audit', name).out).toMatch(/DO FIRST\n {2}1 .*\n(.*\n)* +meshproof plan --step 1/);
    expect(run('audit', name, '--format', 'markdown').out).toContain('#### 1. payments/allow-everything');
    expect(run('audit', name, '--format', 'html').out).toContain('id="plan"');
  });
});

const isThere = existsSync(tools);

describe.skipIf(!isThere)('on a generated mesh (the generator is in ../shared, beside the checkout)', () => {
  interface Place {
    readonly namespace: string;
    readonly workload: string;
  }
  interface Call {
    readonly src: Place;
    readonly dst: Place;
    readonly servicePort: number;
    readonly methods?: readonly string[];
    readonly pathPrefix?: string;
    readonly needs?: string;
  }
  interface Truth {
    readonly calls: readonly Call[];
    readonly paths: readonly { readonly entry: string; readonly target: Place }[];
    readonly pivotPaths: readonly { readonly entry: string; readonly target: Place }[];
  }
  const idOf = ({ namespace, workload }: Place): string => `${namespace}/${workload}`;

  it('after writing, the planted paths are gone and every wanted call still passes', { timeout: 300_000 }, () => {
    const workshop = makeWorkshop('plan');
    try {
      const made = ['--seed', '3', '--workloads', '200', '--out', 'mesh', '--truth', 'truth.json'];
      workshop.tool('genmesh.mjs', ...made, '--config', '--declare-wanted');
      const truth: Truth = JSON.parse(readFileSync(join(workshop.folder, 'truth.json'), 'utf8'));
      const ask = (...args: readonly string[]) => {
        const { out, err, code } = meshproof([...args, '--format', 'json'], '', workshop.folder);
        if (code === 2) throw new Error(err);
        return JSON.parse(out);
      };
      const planted = [...truth.paths, ...truth.pivotPaths].map(({ entry, target }) => `${entry} ${idOf(target)}`);
      const open = () => {
        const { paths } = ask('paths', 'mesh', '--max', '1000') as { paths: readonly AttackPath[] };
        const excess = paths.filter(({ kind }) => kind === 'excess');
        const found = new Set(excess.map(({ from, to }) => `${from.kind} ${to.workload}`));
        return planted.filter((each) => found.has(each));
      };
      expect(planted.length).toBeGreaterThan(1);
      expect(open()).toEqual(planted);
      writeFileSync(join(workshop.folder, 'calls.json'), JSON.stringify(suiteOf(truth.calls)));
      const calls = () => ask('test', 'calls.json') as { passed: number; failed: number };
      const passing = calls().passed;
      expect(passing).toBeGreaterThan(250);

      const first = planAnswer.parse(ask('plan', 'mesh', '--write', '--yes', '--accept-unknown-callers'));
      expect(first.written?.broken).toEqual([]);
      expect(first.written?.leftOut).toEqual([]);
      expect(first.written?.keeps.have).toBe(first.written?.keeps.of);
      expect(first.closes.paths.length).toBeGreaterThan(20);
      expect(open()).toEqual([]);
      expect(calls().passed).toBe(passing);
      const again = planAnswer.parse(ask('plan', 'mesh'));
      const left = new Set([
        ...again.plan.unclosed.map(({ path }) => path),
        ...again.plan.horizons.flatMap(({ steps }) => steps.flatMap(({ closes }) => closes.paths)),
      ]);
      expect(first.closes.paths.filter((path) => left.has(path))).toEqual([]);
    } finally {
      workshop.remove();
    }
  });

  /** Calls that need no token, each as its sender's app makes it: through the service. */
  const suiteOf = (calls: readonly Call[]) => ({
    apiVersion: 'meshproof.dev/v1',
    kind: 'PolicyTest',
    resources: ['./mesh'],
    cases: calls
      .filter(({ needs }) => needs === undefined)
      .map(({ src, dst, servicePort, methods, pathPrefix }) => ({
        request: {
          from: { workload: idOf(src) },
          to: { service: idOf(dst), port: servicePort },
          ...(methods || pathPrefix ? { http: { method: methods?.[0] ?? 'GET', path: pathPrefix ?? '/' } } : {}),
        },
        expect: 'allow',
      })),
  });
});
