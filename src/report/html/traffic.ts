import type { TrafficResult } from '../../result/types.ts';
import { destinationText, refusedText, SECURITY_TEXT, trafficFacts } from '../traffic-text.ts';
import { number } from '../wording.ts';
import { bullets, code, table } from './marks.ts';
import { type Html, html, prose } from './syntax.ts';

/** Who was seen calling whom, what was refused, and how far the telemetry reaches. */
export function traffic(seen: TrafficResult): Html {
  const beyond = seen.edges - seen.flows.length;
  const numeric = (name: string) => ({ name, numeric: true }) as const;
  return html`<section id="traffic" aria-labelledby="traffic-title"><h2 id="traffic-title">Traffic seen</h2>
<p class="muted small">It proves that this happened, and nothing of what else can.</p>
${bullets([...trafficFacts(seen)])}
${table(
  'Traffic seen',
  ['From', 'To', 'Over', numeric('Calls'), numeric('Refused'), numeric('Passed on days'), 'Wanted'],
  seen.flows.map((flow) => [
    code(flow.from),
    code(destinationText(flow)),
    SECURITY_TEXT[flow.security],
    number(flow.count),
    refusedText(flow),
    number(flow.days),
    flow.wanted,
  ]),
)}
${beyond > 0 && html`<p>${number(beyond)} more, less refused and more wanted than these, are not listed.</p>`}
${seen.unplaced.length > 0 && html`<h3>Of no workload of the input</h3>${bullets(seen.unplaced.map(({ file, what, count }) => html`${prose(what)}: ${number(count)} (${code(file)})`))}`}
<h3>Where it was seen</h3>
${bullets(seen.windows.map(({ file, from, to, sampling }) => html`${code(file)}: ${from && to && `${from} to ${to}; `}${prose(sampling)}`))}
</section>`;
}
