import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** One line: the share of mutants that a test noticed. Those that no test reaches count as not noticed. */
export function formatScore(name, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [noticed, survived, unreached] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')];
  const total = noticed + survived + unreached;
  const score = total === 0 ? '-' : `${((100 * noticed) / total).toFixed(1)} %`;
  return `${name.padEnd(20)}${score.padStart(8)}  of ${total}: ${survived} survived, ${unreached} not reached`;
}

export function describeSurvivors(mutants) {
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(describeMutant)
    .join('');
}

function describeMutant({ fileName, location: { start, end }, status, mutatorName, replacement }) {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? '').slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  const place = `${relative(process.cwd(), fileName)}:${start.line}:${start.column}`;
  const unreached = status === 'NoCoverage' ? ', which no test reaches' : '';
  return `${place} ${mutatorName}${unreached}\n  - ${lines.join('\n  - ')}\n  + ${replacement.split('\n').join('\n  + ')}\n`;
}
