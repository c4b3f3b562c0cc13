import type { AuditResult } from '../../result/types.ts';
import { destinationText, refusedText, SECURITY_TEXT, trafficFacts } from '../traffic-text.ts';
import { number } from '../wording.ts';
import { bullets, code, prose, table } from './syntax.ts';

/** Who was seen calling whom, what was refused, and how far the telemetry reaches; nothing where none was given. */
export function traffic({ traffic: seen }: AuditResult): string[] {
  if (!seen) return [];
  const beyond = seen.edges - seen.flows.length;
  return [
    '## Traffic seen',
    'It proves that this happened, and nothing of what else can.',
    ...bullets(trafficFacts(seen)),
    ...table(
      ['From', 'To', 'Over', 'Calls', 'Refused', 'Passed on days', 'Wanted'],
      seen.flows.map((flow) => [
        code(flow.from),
        code(destinationText(flow)),
        SECURITY_TEXT[flow.security],
        number(flow.count),
        refusedText(flow),
        number(flow.days),
        flow.wanted,
      ]),
    ),
    ...(beyond > 0 ? [`${number(beyond)} more, less refused and more wanted than these, are not listed.`] : []),
    ...(seen.unplaced.length > 0
      ? [
          'Of no workload of the input:',
          ...bullets(seen.unplaced.map(({ file, what, count }) => `${prose(what)}: ${number(count)} (${code(file)})`)),
        ]
      : []),
    'Where it was seen:',
    ...bullets(
      seen.windows.map(
        ({ file, from, to, sampling }) =>
          `${code(file)}: ${from && to ? `${prose(from)} to ${prose(to)}; ` : ''}${prose(sampling)}`,
      ),
    ),
  ];
}
