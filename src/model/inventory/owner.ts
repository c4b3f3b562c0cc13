import type { Labels } from './label-selection.ts';

/** How the user says that owners are found (`owners` of meshproof.yaml). */
export interface OwnerRule {
  readonly label?: string;
  readonly annotation?: string;
}

interface Marks {
  readonly labels: Labels;
  readonly annotations: Labels;
}

const USUAL_LABELS = ['team', 'owner'];
const ARGO_INSTANCE = 'argocd.argoproj.io/instance';
const ARGO_TRACKING = 'argocd.argoproj.io/tracking-id';

/**
 * Who owns an object: the mark that the user named, else a label `team` or `owner`, else the Argo application that delivers it. Of several
 * places (the object, its pods, its namespace) the first that says something counts.
 */
export function findOwner(rule: OwnerRule | undefined, places: readonly Marks[]): string | undefined {
  const label = (name: string | undefined) => (name ? firstOf(places, ({ labels }) => labels[name]) : undefined);
  const annotation = (name: string | undefined) =>
    name ? firstOf(places, ({ annotations }) => annotations[name]) : undefined;
  const named = label(rule?.label) ?? annotation(rule?.annotation);
  if (named !== undefined) return named;
  for (const usual of USUAL_LABELS) {
    const found = label(usual);
    if (found !== undefined) return found;
  }
  return annotation(ARGO_INSTANCE) ?? label(ARGO_INSTANCE) ?? annotation(ARGO_TRACKING)?.split(':', 1)[0];
}

function firstOf(places: readonly Marks[], read: (marks: Marks) => string | undefined): string | undefined {
  for (const place of places) {
    const value = read(place);
    if (value) return value;
  }
  return undefined;
}
