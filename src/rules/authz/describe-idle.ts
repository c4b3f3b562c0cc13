import type { Contradiction } from '../../graph/contradiction.ts';
import { type IdleRule, portsNamed } from '../../graph/idle-rules.ts';
import { type By, formatLocation } from '../../result/location.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { fewOf } from '../workload-names.ts';

const SHOWN = 3;

/** Why one rule decides nothing, and where that was proved. */
export function describeIdle(rule: IdleRule): string {
  const { index, policy, why, at } = rule;
  const ports = at.map(({ workload, port }) => `${workload.id}:${port.port}`);
  const where = `proved at ${at.length} ${at.length === 1 ? 'port' : 'ports'} (${fewOf(ports, SHOWN)})`;
  return `${actionOf(policy)} rules[${index}] ${reasonOf(rule)}${'by' in why && at.length > 1 ? ` (so at ${ports[0]})` : ''}; ${where}`;
}

function reasonOf({ why, policy, index, at }: IdleRule): string {
  switch (why.kind) {
    case 'never-matches': {
      const declared = new Set(at.flatMap(({ workload }) => workload.ports.map(({ port }) => port)));
      const named = [...portsNamed(policy, index)];
      if (named.length === 0 || named.some((port) => declared.has(port)))
        return `matches no request${why.because ? `: ${conflictIn(why.because)}` : ''}`;
      return `matches no request: it names ${named.length === 1 ? 'port' : 'ports'} ${fewOf(named.map(String), SHOWN)}, which no workload that it applies to declares`;
    }
    case 'always-denied':
      return `admits only what is denied by ${namesOf(why.by)}`;
    case 'covered':
      return `matches only what is matched by ${namesOf(why.by)}`;
    case 'nothing-to-deny':
      return 'denies only what no ALLOW rule admits';
    default: {
      const never: never = why;
      return never;
    }
  }
}

/** `` `paths` (a.yaml:12) and `notPaths` (a.yaml:13) exclude each other, on the path ``. */
function conflictIn({ about, conditions, withTokens }: Contradiction): string {
  const named = conditions.map(({ clause, location }) => `\`${clause ?? ''}\` (${formatLocation(location)})`);
  if (withTokens) return `${named.join(' and ')} and what RequestAuthentication accepts exclude each other`;
  if (named.length === 1) return `${named[0]} is never true here, for any ${about}`;
  return `${named.slice(0, -1).join(', ')} and ${named.at(-1)} exclude each other, on the ${about}`;
}

const namesOf = (by: readonly By[]): string => fewOf(by.map(nameOf), SHOWN);

const nameOf = ({ namespace, name, rule, location }: By): string =>
  `${namespace}/${name} rules[${rule ?? 0}] (${formatLocation(location)})`;
