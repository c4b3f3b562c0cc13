import { collect } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import { withPolicies } from '../../src/graph/apply.ts';
import { destinationClasses } from '../../src/graph/reach/classes.ts';
import { portReach } from '../../src/graph/reach/port-reach.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';

/** Milliseconds of each stage of one run over a mesh, in one process; printed as JSON for the benchmark. */
async function measure(path: string): Promise<void> {
  const marks = [performance.now()];
  const mark = (): number => {
    marks.push(performance.now());
    return (marks.at(-1) ?? 0) - (marks.at(-2) ?? 0);
  };
  const { objects } = await collect([{ path }], { cwd: process.cwd(), stdin: async () => Buffer.alloc(0) });
  const parse = mark();
  const { mesh } = loadMesh(objects);
  const model = mark();
  const enforcement = new Enforcement(mesh);
  const classes = destinationClasses(enforcement);
  const reach = mark();
  const witnesses = classes.reduce((sum, { sources }) => sum + sources.length, 0);
  const deciding = mark();
  const edits = editOnePolicy(enforcement);
  const ports = classes.reduce((sum, each) => sum + each.ports.length, 0);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const { length: workloads } = mesh.workloads;
  process.stdout.write(
    JSON.stringify({
      workloads,
      ports,
      classes: classes.length,
      parse,
      model,
      reach,
      witnesses,
      deciding,
      edits,
      peak,
    }),
  );
}

/** One ALLOW policy of a namespace lets in one method more: how long until every port that it touches is known again. Median of nine. */
function editOnePolicy(enforcement: Enforcement): number {
  const policies = enforcement.mesh.resources
    .of('AuthorizationPolicy')
    .filter(({ spec }) => spec.selector && (spec.action ?? 'ALLOW') === 'ALLOW' && spec.rules?.length);
  const times = policies.slice(0, 9).map((policy) => {
    const before = performance.now();
    const more = { to: [{ operation: { methods: ['PURGE'] } }] };
    const edited = { ...policy, spec: { ...policy.spec, rules: [...(policy.spec.rules ?? []), more] } };
    const after = withPolicies(enforcement, { add: [edited] }, [policy.namespace]);
    for (const workload of enforcement.mesh.workloads) {
      if (workload.namespace !== policy.namespace) continue;
      if (!after.envoy(workload).authorization.includes(edited)) continue;
      for (const port of workload.ports) portReach(after, workload, port);
    }
    return performance.now() - before;
  });
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

await measure(process.argv[2] ?? '.');
