import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';
import type { Infer } from '../shape.ts';
import type { targetReference, workloadSelector } from './selector.ts';

interface Target {
  readonly selector?: Infer<typeof workloadSelector>;
  readonly targetRef?: Infer<typeof targetReference>;
  readonly targetRefs?: readonly Infer<typeof targetReference>[];
}

/** `group/kind`, any version. */
const TARGETS: ReadonlySet<string> = new Set([
  'core/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
]);

/** `selector`, `targetRef` and `targetRefs` (I:pkg/config/validation/validation.go, validateOneOfSelectorType and what follows it). */
export function* checkTarget(spec: Target): Iterable<Refusal> {
  if (spec.selector) yield* checkSelector(spec.selector);
  if (spec.targetRef) yield* checkReference(spec.targetRef, ['spec', 'targetRef']);
  for (const [index, reference] of (spec.targetRefs ?? []).entries()) {
    yield* checkReference(reference, ['spec', 'targetRefs', index]);
  }
  const set = (['selector', 'targetRef', 'targetRefs'] as const).filter((field) =>
    field === 'targetRefs' ? (spec.targetRefs?.length ?? 0) > 0 : spec[field],
  );
  if (set.length > 1) {
    yield {
      path: ['spec', set[0] as string],
      reason: `it has ${set.map((field) => `\`${field}\``).join(' and ')}, only one of them is allowed`,
      help: 'keep `selector` for sidecars and gateways, or `targetRefs` for waypoints; write two policies if you need both',
    };
  }
}

export function* checkSelector(selector: Target['selector']): Iterable<Refusal> {
  for (const [label, value] of Object.entries(selector?.matchLabels ?? {})) {
    const path = ['spec', 'selector', 'matchLabels', label];
    if (!label) yield { path, reason: 'a label of the selector has no name', help: 'name the label' };
    if (label.includes('*') || value.includes('*')) {
      const help = 'name the value; leave the label out to select any';
      yield { path, reason: `the selector has a wildcard in \`${label}: ${value}\`, which labels do not know`, help };
    }
  }
}

function* checkReference(reference: Infer<typeof targetReference>, path: Path): Iterable<Refusal> {
  if (!reference.name) yield { path, reason: 'a target has no `name`', help: 'name the target' };
  if (reference.namespace) {
    yield {
      path: [...path, 'namespace'],
      reason: `a target names the namespace \`${reference.namespace}\`: targets are of the policy's own namespace`,
      help: 'move the policy to the namespace of its target and remove `namespace`',
    };
  }
  const target = `${reference.group || 'core'}/${reference.kind ?? ''}`;
  if (TARGETS.has(target)) return;
  yield {
    path: [...path, 'kind'],
    reason: `a target is of kind \`${target}\``,
    help: 'targets are Service (group empty), ServiceEntry (networking.istio.io), Gateway or GatewayClass (gateway.networking.k8s.io)',
  };
}
