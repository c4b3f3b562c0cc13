import type { Counted, Metrics, MetricSeries } from '../../model/observation/metrics.ts';
import { isObject } from '../../model/shape.ts';
import { listOf, textOf, textsOf } from './json.ts';
import { readTime } from './read-time.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';

/**
 * Results of Prometheus' HTTP API, `/api/v1/query` and `/api/v1/query_range` as they come, one or a list of them. The API does not repeat the
 * query; a key `query` beside `status` says it. Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
 */
export const prometheus: Form = {
  kind: 'prometheus',
  isMeant: (head) => /^\s*[[{]/.test(head) && /"status"\s*:\s*"(success|error)"/.test(head) && isAnswer(head),
  read: readPrometheus,
};

const isAnswer = (head: string): boolean =>
  /"resultType"\s*:\s*"(vector|matrix|scalar|string)"/.test(head) || /"errorType"\s*:/.test(head);

const HELP = 'save what /api/v1/query or /api/v1/query_range answers, whole';

function readPrometheus(text: string, from: From): ReadForm | Broken {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { message: 'an answer of Prometheus that is cut off, or no JSON', help: HELP };
  }
  const observations: Metrics[] = [];
  const left: string[] = [];
  for (const answer of Array.isArray(value) ? value : [value]) {
    const read = readAnswer(answer, from);
    if (typeof read === 'string') left.push(read);
    else observations.push(read);
  }
  const [message] = left;
  if (observations.length === 0) return { message: message ?? 'an empty list of answers of Prometheus', help: HELP };
  return { observations, left };
}

/** One answer; a text says why it cannot be used. */
export function readAnswer(answer: unknown, from: From): Metrics | string {
  if (!isObject(answer)) return 'no answer of Prometheus';
  if (answer.status !== 'success')
    return `Prometheus answered with an error: ${textOf(answer.error) ?? 'no reason given'}`;
  const data = isObject(answer.data) ? answer.data : {};
  const type = data.resultType;
  if (type !== 'vector' && type !== 'matrix')
    return `a result of type \`${String(type)}\`: expected \`vector\` or \`matrix\``;
  const query = textOf(answer.query);
  const results = listOf(data.result).filter(isObject);
  const points = results.map((result) => ({
    labels: textsOf(result.metric),
    points: pointsOf(type === 'vector' ? [result.value] : listOf(result.values)),
  }));
  const times = points.flatMap((each) => each.points.map(({ time }) => time)).sort((a, b) => a - b);
  const back = rangeOf(query);
  const first = times[0];
  const last = times.at(-1);
  const step = stepOf(points.map((each) => each.points));
  const start =
    first === undefined ? undefined : back !== undefined ? first - back : type === 'matrix' ? first : undefined;
  const to = readTime(last) ?? '';
  const startText = readTime(start);
  return {
    kind: 'prometheus',
    ...from,
    ...(to === '' ? {} : { at: to }),
    ...(query === undefined ? {} : { query }),
    window: { ...(startText === undefined ? {} : { from: startText }), to },
    series: points.map(
      (each): MetricSeries => ({
        labels: each.labels,
        counts: back === undefined ? increasesOf(each.points) : withinRange(each.points, back, step ?? back),
      }),
    ),
  };
}

interface Point {
  readonly time: number;
  readonly value: number;
}

/** `[1732579200, "12"]`; what is no number (`NaN`, `+Inf`) says nothing. */
function pointsOf(values: readonly unknown[]): readonly Point[] {
  return values.flatMap((pair): readonly Point[] => {
    const [time, text] = listOf(pair);
    const value = typeof text === 'string' ? Number(text) : Number.NaN;
    return typeof time === 'number' && Number.isFinite(value) ? [{ time, value }] : [];
  });
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };

/** How far back each value looks, in seconds: of `increase(…[7d])`. */
function rangeOf(query: string | undefined): number | undefined {
  const [, range = ''] = /\bincrease\s*\([^[]*\[((?:\d+[smhdwy])+)\]/.exec(query ?? '') ?? [];
  let seconds = 0;
  for (const [, count, unit = ''] of range.matchAll(/(\d+)([smhdwy])/g)) seconds += Number(count) * (UNITS[unit] ?? 0);
  return seconds === 0 ? undefined : seconds;
}

/** The distance of points of a range query. */
function stepOf(series: readonly (readonly Point[])[]): number | undefined {
  let step: number | undefined;
  for (const points of series) {
    for (const [index, { time }] of points.entries()) {
      const before = points[index - 1];
      if (before && time > before.time) step = Math.min(step ?? Number.POSITIVE_INFINITY, time - before.time);
    }
  }
  return step;
}

/** Values that look back: where they look back further than to the point before, each counts for its share. */
function withinRange(points: readonly Point[], back: number, step: number): readonly Counted[] {
  const share = Math.min(1, step / back);
  return points
    .filter(({ value }) => value > 0)
    .map(({ time, value }) => ({ count: value * share, days: daysBetween(time - back, time) }));
}

/** Counters: what was added between points. One that fell was started anew. The first tells that something was counted before, not when. */
function increasesOf(points: readonly Point[]): readonly Counted[] {
  return points.flatMap(({ time, value }, index): readonly Counted[] => {
    const before = points[index - 1];
    if (!before) return value > 0 ? [{ count: value, days: [] }] : [];
    const count = value >= before.value ? value - before.value : value;
    return count > 0 ? [{ count, days: daysBetween(before.time, time) }] : [];
  });
}

const DAY = 86400;

/** Days that a stretch of time touches, of at most a month; a stretch of one day is the day in which most of it lies. */
function daysBetween(from: number, to: number): readonly string[] {
  const middle = readTime((from + to) / 2);
  if (to - from <= DAY) return middle === undefined ? [] : [middle.slice(0, 10)];
  if (to - from > 31 * DAY) return [];
  const days = new Set<string>();
  for (let time = from; time < to; time += DAY / 4) {
    const text = readTime(time);
    if (text !== undefined) days.add(text.slice(0, 10));
  }
  return [...days];
}
