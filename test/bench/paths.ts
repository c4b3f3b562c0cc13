import { collect } from '../../src/collect/collect.ts';
import { readInput } from '../../src/engine/read-input.ts';
import { buildAttackGraph } from '../../src/graph/attack/attack-graph.ts';
import { findAttackPaths } from '../../src/graph/attack/find-attack-paths.ts';
import { makeFacts } from '../../src/graph/make-facts.ts';
import { makePlan } from '../../src/remediate/make-plan.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';

const FIRST = 10;

/** Milliseconds of graph, paths and plan over a mesh, in one process; printed as JSON for the benchmark. `whole`: also the whole plan. */
async function measure(path: string, whole: boolean): Promise<void> {
  const io = { cwd: process.cwd(), stdin: async () => Buffer.alloc(0) };
  const parseStart = performance.now();
  await collect([{ path }], io);
  const parse = performance.now() - parseStart;
  const { mesh, stated, rebuild } = await readInput([{ path }], {}, io);
  const marks = [performance.now()];
  const mark = (): number => {
    marks.push(performance.now());
    return (marks.at(-1) ?? 0) - (marks.at(-2) ?? 0);
  };
  const facts = makeFacts(new Enforcement(mesh), stated);
  buildAttackGraph(facts);
  const graph = mark();
  const entries = [{ kind: 'internet' }, { kind: 'pod-outside-mesh' }] as const;
  // With another graph: what the first one worked out of sets is shared.
  const { paths } = findAttackPaths(facts, { entries });
  const search = mark();
  const first = makePlan(facts, paths, { stated, rebuild, entries, most: FIRST });
  const firstSteps = mark();
  const plan = whole ? makePlan(facts, paths, { stated, rebuild, entries }) : undefined;
  const all = mark();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(
    JSON.stringify({
      workloads: mesh.workloads.length,
      paths: paths.length,
      parse,
      graph,
      search,
      first: firstSteps,
      steps: plan?.steps.length ?? first.steps.length,
      unclosed: plan?.unclosed.length,
      ...(plan ? { plan: all } : {}),
      peak,
    }),
  );
}

await measure(process.argv[2] ?? '.', process.argv[3] === 'whole');
