import type { TrafficResult } from '../result/types.ts';
import { count, number } from './wording.ts';

type SeenFlow = TrafficResult['flows'][number];

/** What the telemetry covers and comes to, a sentence each. */
export function trafficFacts(traffic: TrafficResult): readonly string[] {
  const { days, edges, notWanted, plaintext, requests, refused } = traffic;
  return [
    days === 0
      ? 'window: the telemetry tells no days'
      : `window: ${count(days, 'day')}${days < 7 ? ', less than a week: what runs seldom is not in it' : ''}`,
    `${count(edges, 'edge')} in use: ${number(notWanted)} not wanted (neither declared, accepted nor implied), ${number(plaintext)} in plaintext`,
    `refused: ${shareText(refused, requests)} of ${number(requests)} requests and connections`,
  ];
}

export const SECURITY_TEXT: Readonly<Record<SeenFlow['security'], string>> = {
  mutual_tls: 'mTLS',
  none: 'plaintext',
  unknown: 'not known',
};

export const refusedText = ({ refused, count: all }: SeenFlow): string =>
  refused === 0 ? '0' : `${number(refused)} (${shareText(refused, all)})`;

export const destinationText = ({ to, ports, service }: SeenFlow): string =>
  `${to}${ports.length > 0 ? `:${ports.join('/')}` : ''}${service === undefined || service === to ? '' : ` by ${service}`}`;

/** A share that is not nothing never reads as nothing. */
function shareText(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  const percent = (100 * part) / whole;
  return percent < 0.1 ? 'below 0.1 %' : `${percent < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}
