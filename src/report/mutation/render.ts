import type { By } from '../../result/location.ts';
import type { Mutation } from '../../result/mutation.ts';
import { groupBy } from '../../util/group-by.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { count, namespacedName, place } from '../wording.ts';

type Survivor = Mutation['survivors'][number];

/** The result of `test --mutate` for a terminal: the score, what nobody would notice, what decides nothing, and the cases that are missing. */
export function renderMutation(raw: Mutation, options: ListOptions): string {
  const mutation = toPrintable(raw);
  const view = listView(options);
  const { survivors, idle, unsettled, skipped, missing, yaml } = mutation;
  return `${[
    ...headline(mutation, view),
    ...survivorLines(survivors, view),
    ...faultList('COULD GO WITHOUT ANY VERDICT CHANGING', idle, view),
    ...faultList('NO REQUEST FOUND THAT THEY TURN, AND NO PROOF THAT THERE IS NONE', unsettled, view),
    ...(skipped.length === 0
      ? []
      : ['', `left alone: ${count(skipped.length, 'policy', 'policies')} (CUSTOM, AUDIT or a dry run)`]),
    ...(missing.length === 0
      ? []
      : [
          '',
          view.style.heading(`MISSING TESTS   ${count(missing.length, 'case')}: add to a PolicyTest`),
          ...yamlLines(yaml, missing.length, view),
        ]),
  ].join('\n')}\n`;
}

function headline({ score: { killed, of, percent }, idle, tests }: Mutation, { style }: ListView): string[] {
  const known = tests.passed + tests.failed;
  return [
    style.heading(
      percent === null
        ? 'no fault in a policy turns any verdict: there is nothing to notice'
        : `mutation score ${percent} %: ${killed} of ${count(of, 'fault')} noticed`,
    ),
    `  ${known === 0 ? 'no tests' : `${count(tests.passed, 'case or invariant', 'cases and invariants')} pass`}${
      tests.failed > 0 ? `; ${tests.failed} fail as it is, and notice nothing` : ''
    }${idle.length > 0 ? `; ${count(idle.length, 'more fault')} would turn no verdict` : ''}`,
  ];
}

const objectOf = ({ kind, namespace, name }: By): string => `${kind} ${namespacedName(namespace, name)}`;

function survivorLines(survivors: readonly Survivor[], view: ListView): string[] {
  if (survivors.length === 0) return [];
  const groups = [...groupBy(survivors, ({ by }) => objectOf(by)).values()];
  const shown = groups.slice(0, shownOf(groups.length, view));
  return [
    '',
    view.style.heading('NOBODY WOULD NOTICE'),
    ...shown.flatMap((group) => groupLines(group, view)),
    ...(shown.length < groups.length
      ? [`  and ${count(groups.length - shown.length, 'more policy', 'more policies')} (--verbose)`]
      : []),
  ];
}

const shownOf = (amount: number, { most }: ListView): number => (most === Number.POSITIVE_INFINITY ? amount : most * 2);

function groupLines(group: readonly Survivor[], view: ListView): string[] {
  const [first] = group;
  if (!first) return [];
  return [`  ${view.style.strong(objectOf(first.by))}`, ...group.flatMap((each) => faultLines(each, view))];
}

function faultLines({ by, what, effect, witness, to, test }: Survivor, { width, style }: ListView): string[] {
  const sensitive = to && (to.sensitivity === 'critical' || to.sensitivity === 'high') ? ` (${to.sensitivity})` : '';
  const turns = `${effect === 'opens' ? 'lets through' : 'refuses'} ${requestLine(witness)}${sensitive}`;
  return [
    `    ${what}   ${style.faint(place(by.location))}`,
    ...hang('      ', wrap(turns, width - 6), 6),
    ...(test === undefined ? ['      no case can state that: other ways lead there as well'] : []),
  ];
}

function faultList(
  title: string,
  faults: readonly (Mutation['idle'][number] & { readonly why?: string })[],
  view: ListView,
): string[] {
  if (faults.length === 0) return [];
  const shown = faults.slice(0, shownOf(faults.length, view));
  return [
    '',
    view.style.heading(title),
    ...shown.flatMap(({ by, what, why }) =>
      hang(
        '  ',
        wrap(`${objectOf(by)}: ${what}${why === undefined ? '' : `: ${why}`}   ${place(by.location)}`, view.width - 2),
        2,
      ),
    ),
    ...(shown.length < faults.length ? [`  and ${faults.length - shown.length} more (--verbose)`] : []),
  ];
}

/** Whole cases, the first few. */
function yamlLines(yaml: string, amount: number, { most }: ListView): string[] {
  const [head = '', ...lines] = yaml.trimEnd().split('\n');
  const starts = lines.flatMap((line, index) => (/^ {2}- /.test(line) ? [index] : []));
  const end = starts[most];
  return end === undefined
    ? [head, ...lines]
    : [head, ...lines.slice(0, end), `# and ${amount - most} more: --verbose, or \`yaml\` of --format json`];
}
