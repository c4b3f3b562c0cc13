import type { DriftAnswer } from '../../result/drift.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { flowPhrases, hang, wrap } from '../terminal/layout.ts';
import { count, fewOf } from '../wording.ts';

type Looked = DriftAnswer['workloads'][number];
type Port = Looked['ports'][number];

const INDENT = 4;
const LABEL = 22;

/** The result of `drift` for a terminal: what drifts first, by workload; then what agrees, and what nobody looked into. */
export function renderDrift(raw: DriftAnswer, options: ListOptions): string {
  const { agrees, looked, workloads, objects, unseen, strangers } = toPrintable(raw);
  const view = listView(options);
  const { style, width, most } = view;
  const drifting = workloads.filter(({ drifts }) => drifts.length > 0);
  const others = workloads.filter(({ drifts }) => drifts.length === 0);
  const lines = [
    ...flowPhrases(
      [
        style.strong(
          agrees
            ? 'nothing that was seen contradicts the configuration'
            : [
                ...(drifting.length > 0
                  ? [`${count(drifting.length, 'workload')} ${drifting.length === 1 ? 'drifts' : 'drift'}`]
                  : []),
                ...(objects.length > 0 ? [`istiod holds ${count(objects.length, 'object')} otherwise`] : []),
              ].join(', '),
        ),
        `${looked.have} of ${count(looked.of, 'workload')} looked into`,
      ],
      ' · ',
      width,
    ),
    ...[...drifting, ...others].flatMap((each) => workloadLines(each, view)),
    ...(objects.length > 0
      ? [
          '',
          style.heading('WHAT ISTIOD HOLDS OTHERWISE'),
          ...objects.flatMap((each) => hang('  -', wrap(objectText(each), width - INDENT), INDENT)),
        ]
      : []),
    ...(unseen.length > 0
      ? [
          '',
          style.heading(`NOT LOOKED INTO  ${count(unseen.length, 'workload')}`),
          ...hang('', wrap(fewOf(unseen, most * 2), width - INDENT), INDENT),
        ]
      : []),
    ...(strangers.length > 0
      ? [
          '',
          style.heading('OF NO WORKLOAD OF THE INPUT'),
          ...strangers.flatMap((text) => hang('  -', wrap(text, width - INDENT), INDENT)),
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

const STATES = {
  missing: 'istiod does not have it',
  extra: 'the input does not have it',
  different: 'differs',
} as const;

function objectText({ state, kind, namespace, name, fields, file }: DriftAnswer['objects'][number]): string {
  const where = fields.length > 0 ? ` in ${fields.join(', ')}` : '';
  return `${kind} ${namespace}/${name}: ${STATES[state]}${where} (${file})`;
}

function workloadLines({ workload, dataPlane, replicas, captured, ports, drifts }: Looked, view: ListView): string[] {
  const { style, width } = view;
  const of = replicas.of ?? 'an unknown number of';
  const extent = `${replicas.have} of ${of} replica${replicas.of === 1 ? '' : 's'}`;
  return [
    '',
    ...flowPhrases([style.strong(workload), dataPlane, extent, `traffic: ${stateText(captured)}`], ' · ', width),
    ...ports.flatMap((port) => portLines(port, view)),
    ...drifts.flatMap(({ kind, port, what, witness, causes, proxies }) => [
      ...hang(
        `  ${style.heading('DRIFT')}`,
        wrap(`${kind}${port === undefined ? '' : ` at port ${port}`}: ${what}`, width - 8),
        8,
      ),
      ...(witness ? hang('', wrap(`differently: ${requestLine(witness)}`, width - 8), 8) : []),
      ...causes.flatMap((text, index) => hang(`        ${index + 1}.`, wrap(text, width - 11), 11)),
      ...hang('', wrap(`seen in ${proxies.map(({ pod, file }) => `${pod} (${file})`).join(', ')}`, width - 8), 8),
    ]),
  ];
}

function portLines({ port, mtls, policies, tokens, routes }: Port, { width }: ListView): string[] {
  const mode = mtls.holds && mtls.holds !== mtls.configured ? `${mtls.holds}, not ${mtls.configured}` : mtls.configured;
  const rows = [
    [routes ? 'TLS' : `mTLS ${mode}`, mtls],
    ['policies', policies],
    ['tokens', tokens],
    ...(routes ? ([['routes', routes]] as const) : []),
  ] as const;
  return rows.flatMap(([name, proof], index) =>
    hang(
      // A name that fills its column keeps a space before what is said of it.
      `  ${index === 0 ? `:${port}`.padEnd(7) : ' '.repeat(7)}${name.length < LABEL ? name : `${name} `}`,
      wrap(stateText(proof), Math.max(20, width - LABEL - 9)),
      LABEL + 9,
    ),
  );
}

const stateText = ({ state, why }: Looked['captured']): string =>
  state === 'verified' ? `verified (${why})` : `${state}: ${why}`;
