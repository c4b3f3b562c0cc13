import type { Workload } from '../model/inventory/types.ts';
import { type Change, objectOfChange } from '../model/change/change.ts';

/** Policies that decide at the proxies which they select, and nowhere else. */
const LOCAL: readonly string[] = ['AuthorizationPolicy', 'RequestAuthentication'];

interface Selecting {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: unknown;
  readonly targetRefs?: unknown;
}

/**
 * Whether a call to a workload may fare otherwise after a change. Policies of a namespace that select pods leave all other calls as they are; of
 * everything else nothing is taken for granted.
 */
export function mayTouch(change: Change, { namespace, labels }: Workload, rootNamespace: string): boolean {
  const object = objectOfChange(change);
  if (!LOCAL.includes(object.kind) || object.namespace === rootNamespace) return true;
  if (change.kind === 'edit' && change.edits.some(({ path }) => !isRule(path))) return true;
  const spec = (change.kind === 'add' ? change.manifest.spec : change.resource.spec) as Selecting | undefined;
  if (!spec || spec.targetRef !== undefined || spec.targetRefs !== undefined) return true;
  if (object.namespace !== namespace) return false;
  return Object.entries(spec.selector?.matchLabels ?? {}).every(([label, value]) => labels[label] === value);
}

/** An edit below `spec` that leaves alone what the policy is attached to. */
const isRule = ([top, field]: Extract<Change, { kind: 'edit' }>['edits'][number]['path']): boolean =>
  top === 'spec' && (field === 'rules' || field === 'action' || field === 'jwtRules');
