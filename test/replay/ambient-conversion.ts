import { isDeepStrictEqual } from 'node:util';
import { authorizationPolicy } from '../../src/model/istio/authorization-policy.ts';
import type { Match, StringMatch } from '../../src/semantics/ambient/authorization.ts';
import { convertAuthorizationPolicy } from '../../src/semantics/ambient/convert-policy.ts';
import { type Manifest, readVectors, toResource } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';

export interface RecordedConversion {
  readonly id: string;
  readonly policy: Manifest;
  readonly ztunnelAuthorization: unknown;
}

export const conversions = readVectors<unknown, RecordedConversion>('ambient.jsonl').sets;

/** What the engine would send to ztunnel, in the JSON form of the protocol. */
export function convertRecorded({ policy }: RecordedConversion): unknown {
  const converted = convertAuthorizationPolicy(toResource(authorizationPolicy, policy), {
    rootNamespace: 'istio-system',
    trustDomains: 'dropped',
  });
  if (!converted) return converted;
  const { name, namespace, scope, action, groups } = converted;
  return {
    name,
    namespace,
    scope,
    ...(action === 'DENY' ? { action } : {}),
    ...(groups.length > 0
      ? {
          groups: groups.map(({ clauses }) => ({
            rules: clauses.map(({ matches }) => ({ matches: matches.map(toWire) })),
          })),
        }
      : {}),
  };
}

/** AuthorizationPolicies as istiod sends them to ztunnel. */
export function replayConversions(): readonly Replayed[] {
  return conversions.map((recorded) => ({
    id: recorded.id,
    expected: 'as sent',
    got: isDeepStrictEqual(convertRecorded(recorded), recorded.ztunnelAuthorization) ? 'as sent' : 'otherwise',
  }));
}

/** The JSON form of the protocol. */
function toWire(match: Match): unknown {
  const address = ({ text }: { text: string }) => {
    const [ip = '', bits = '32'] = text.split('/');
    return { address: Buffer.from(ip.split('.').map(Number)).toString('base64'), length: Number(bits) };
  };
  const string = (value: StringMatch) => ('presence' in value ? { presence: {} } : value);
  return Object.fromEntries(
    Object.entries(match).map(([field, values]) => {
      if (/ips$/i.test(field)) return [field, values.map(address)];
      return [field, /principals$|namespaces$/i.test(field) ? values.map(string) : values];
    }),
  );
}
