import type { Refusal } from '../refusal.ts';
import type { Metadata } from '../resource.ts';

const DRY_RUN = 'istio.io/dry-run';
/** As Go's strconv.ParseBool. */
const BOOLEANS: ReadonlySet<string> = new Set([
  '1',
  't',
  'T',
  'TRUE',
  'true',
  'True',
  '0',
  'f',
  'F',
  'FALSE',
  'false',
  'False',
]);

/** The annotation `istio.io/dry-run` (I:pkg/config/validation/validation.go, checkDryRunAnnotation). `action` is set for AuthorizationPolicy. */
export function* checkDryRun(metadata: Metadata, action?: string): Iterable<Refusal> {
  if (!Object.hasOwn(metadata.annotations, DRY_RUN)) return;
  const path = ['metadata', 'annotations', DRY_RUN];
  const value = metadata.annotations[DRY_RUN] ?? '';
  const shown = value ? `\`${value}\`` : 'empty';
  if (action === undefined) {
    yield {
      path,
      reason: `only an AuthorizationPolicy may have the annotation \`${DRY_RUN}\``,
      help: 'remove it: the object is enforced',
    };
  } else if (action !== 'ALLOW' && action !== 'DENY') {
    const help = 'ALLOW and DENY can be tried dry; remove the annotation';
    yield { path, reason: `the annotation \`${DRY_RUN}\` is not for action \`${action}\``, help };
  } else if (!BOOLEANS.has(value)) {
    const help = 'write `"true"` or `"false"`; anything else counts as enforced';
    yield { path, reason: `the annotation \`${DRY_RUN}\` is ${shown}, which is no boolean`, help };
  }
}
