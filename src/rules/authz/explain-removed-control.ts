import type { Facts } from '../../graph/facts.ts';
import { type LostControl, lostControls } from '../../graph/lost-controls.ts';
import type { EnvoyFilter } from '../../model/istio/envoy-filter.ts';
import type { Change } from '../../model/change/change.ts';
import type { Resource } from '../../model/resource.ts';
import { changeSpec } from '../changes.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { describeChange } from './describe-change.ts';

/** What one object takes from the proxies that it reaches, and the object without that. */
export function explainRemovedControl({ cause, causeKey, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const numbers = new Set(fails.map(({ subject }) => `${subject.namespace}/${subject.name}:${subject.port}`));
  const lost = workloads
    .flatMap((workload) =>
      facts
        .ports(workload)
        .flatMap((port) =>
          numbers.has(`${workload.namespace}/${workload.name}:${port.port.port}`)
            ? (lostControls(facts, workload, port.port) ?? [])
            : [],
        ),
    )
    .filter(({ object, effect }) => effect.kind === causeKey && object.name === cause?.name);
  const [first] = lost;
  if (!first || !cause) throw new RangeError('nothing fails without an object');
  const name = `${cause.kind} ${cause.namespace}/${cause.name}`;
  const changes = [...new Map(lost.flatMap((each) => each.changes).map((change) => [change.text, change])).values()];
  const controls = [
    ...new Set(changes.map(({ effect }) => (effect.kind === 'removes' ? effect.control : 'what is enforced'))),
  ].join(' and ');
  const where = `${fails.length} ${fails.length === 1 ? 'port' : 'ports'} of ${extentOf(workloads)}`;
  const opens = first.effect.kind === 'opens';
  const told = changes.map(describeChange).join('; ');
  return {
    title: opens ? `${name} takes ${controls} away at ${where}` : `${name} may change ${controls} at ${where}`,
    scenario: scenarioOf(first, told),
    impact: opens
      ? 'Confidentiality, integrity, availability: policies read as if they were enforced, and what they refuse gets in. Whoever may write such objects in the namespace (or in the root namespace) can do the same.'
      : 'Defence in depth: what policies come to rests on code or settings that nobody can read off them.',
    remediation: {
      summary: opens ? `take the patch out of ${name}` : `check what ${name} does to requests before policies see them`,
      changes: opens
        ? [
            fixOf(
              first.object,
              changes.flatMap(({ patch }) => patch ?? []),
            ),
          ]
        : [],
      steps: opens
        ? [
            'decided on the model: without the object the request is refused',
            'find out first what the patch was for: exempt a path or a caller by a rule of an AuthorizationPolicy instead',
            `say by RBAC or admission who may write ${cause.kind} objects`,
          ]
        : [
            'put code behind the policies where it need not run before them (a WasmPlugin in phase STATS, a filter before `envoy.filters.http.router`)',
            'have policies rest on identities and ports, which such code cannot rewrite',
            'accept the finding as an exception, with an end, where the code was reviewed',
          ],
    },
    validation: {
      positive: ['every call that policies admit passes as before: meshproof diff OLD NEW opens nothing'],
      negative: [
        opens
          ? 'the request of the finding is refused'
          : 'a request that a policy refuses is refused with what the code adds to it',
      ],
    },
    rollback: `apply the earlier version of ${name}; proxies take it without a restart`,
  };
}

function scenarioOf({ effect }: LostControl, told: string): string {
  if (effect.kind === 'may-open') return `${told}. What becomes of a request there is not worked out.`;
  const sure = effect.verdict.outcome === 'unknown' ? 'may get in' : 'gets in';
  return `${told}. A request that would be refused (${effect.was}) ${sure}.`;
}

/** Without the patches at fault; without the object where nothing is left of it. */
function fixOf(object: Resource, patches: readonly number[]): Change {
  if (object.kind !== 'EnvoyFilter') return { kind: 'remove', resource: object };
  const filter = object as EnvoyFilter;
  const left = (filter.spec.configPatches ?? []).filter((_, index) => !patches.includes(index));
  if (left.length === 0) return { kind: 'remove', resource: filter };
  return changeSpec(filter, { ...filter.spec, configPatches: left });
}
