import { suggest } from '../../../util/suggest.ts';
import { addWaypoint } from './add-waypoint.ts';
import { changeDataPlane } from './change-data-plane.ts';
import { changePeerAuthentication } from './change-peer-authentication.ts';
import { enforcePolicy } from './enforce-policy.ts';
import { type PlannedChange, wrong } from './planned-change.ts';

const KINDS = ['pa', 'dataplane', 'waypoint', 'istio', 'enforce'] as const;
const MODES = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'];
const DATA_PLANES = ['ambient', 'sidecar', 'none'];

/** Reads one `--set`. Throws an InputError that says what is possible. */
export function readChange(text: string): PlannedChange {
  const [, kind = '', value = '', place = ''] = /^([a-z]+)(?:=([^@]*))?(?:@(.*))?$/.exec(text) ?? [];
  switch (kind) {
    case 'pa':
      return changePeerAuthentication(text, oneOf(text, value.toUpperCase(), MODES), needed(text, place));
    case 'dataplane':
      return changeDataPlane(text, oneOf(text, value, DATA_PLANES), needed(text, place));
    case 'waypoint':
      return addWaypoint(text, needed(text, place), value || 'waypoint');
    case 'istio':
      if (!/^\d+\.\d+/.test(value)) throw wrong(text, 'give a version, as `istio=1.31`');
      return {
        summary: `Istio ${value}`,
        apply: (input) => ({ ...input, facts: { ...input.facts, istioVersion: value } }),
      };
    case 'enforce':
      return enforcePolicy(text, value);
    default: {
      const near = suggest(kind, KINDS);
      throw wrong(text, near ? `did you mean \`${near}=…\`?` : `what can be set: ${KINDS.join(', ')}`);
    }
  }
}

function needed(text: string, place: string): string {
  if (place === '') throw wrong(text, `say where: \`${text}@NAMESPACE\``);
  return place;
}

function oneOf(text: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw wrong(text, `one of ${allowed.join(', ')}`);
}
