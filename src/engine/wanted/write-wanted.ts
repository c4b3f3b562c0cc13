import type { Learnt } from '../../result/learnt.ts';

type Proposed = Learnt['flows'][number];

/** The file to review: what is proposed as entries, what is not as comments with the reason. */
export function writeWanted({ window, flows, left }: Learnt): string {
  const { days, from, to } = window;
  const span = [...(from ? [`from: "${from}"`] : []), ...(to ? [`to: "${to}"`] : []), `days: ${days}`].join(', ');
  return [
    '# Traffic that was seen to succeed. Seen is not wanted: take out what nobody needs, then write your name below.',
    '# Until then nothing in here counts. Flows that stay are `accepted`: they go on, and what is broader is excess.',
    'apiVersion: meshproof.dev/v1',
    'kind: Wanted',
    'reviewedBy: ""',
    `window: { ${span} }`,
    flows.length === 0 ? 'flows: []' : 'flows:',
    ...flows.map((flow) => `  - ${entryOf(flow)}   # ${tallyOf(flow)}`),
    ...(left.length > 0 ? ['', '# Seen and not proposed. Move what is wanted up, without the reason.'] : []),
    ...left.flatMap((flow) => [
      `#  - ${entryOf(flow)}   # ${tallyOf(flow)}`,
      ...flow.why.map((why) => `#      ${oneLine(why)}`),
    ]),
    '',
  ].join('\n');
}

function entryOf({ from, to, methods, paths }: Proposed): string {
  const list = (values: readonly string[]): string => `[${values.map(quote).join(', ')}]`;
  const fields = [
    `from: ${quote(from)}`,
    `to: ${quote(to)}`,
    ...(methods ? [`methods: ${list(methods)}`] : []),
    ...(paths ? [`paths: ${list(paths)}`] : []),
  ];
  return `{ ${fields.join(', ')} }`;
}

const tallyOf = ({ seen, days, last }: Proposed): string =>
  `${seen} requests${days > 0 ? ` on ${days} day${days === 1 ? '' : 's'}` : ''}${last === undefined ? '' : `, last ${last}`}`;

/** JSON strings are YAML, and keep what comes from telemetry inside of its quotes. */
const quote = (text: string): string => JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, '?');

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
