import type { PathNormalization } from '../../model/mesh-config.ts';
import { strangerOf } from '../stranger.ts';
import type { Axis } from './formula.ts';
import type { Universe } from './strings/find-word.ts';
import {
  CLAIM_VALUES,
  HEADER_VALUES,
  HOSTS,
  identitiesIn,
  METHODS,
  normalizedPaths,
  SERVER_NAMES,
} from './strings/universes.ts';

export const PEER: Axis = { key: 'peer', kind: 'one' };
export const METHOD: Axis = { key: 'method', kind: 'one' };
export const PATH: Axis = { key: 'path', kind: 'one' };
export const HOST: Axis = { key: 'host', kind: 'one' };
export const SERVER_NAME: Axis = { key: 'sni', kind: 'one' };
export const SOURCE_IP: Axis = { key: 'sourceIp', kind: 'address' };
export const REMOTE_IP: Axis = { key: 'remoteIp', kind: 'address' };
export const DESTINATION_IP: Axis = { key: 'destinationIp', kind: 'address' };
export const TOKEN: Axis = { key: 'token', kind: 'token' };

/** One axis per header; names ignore case. */
export const headerAxis = (name: string): Axis => ({ key: `header:${name.toLowerCase()}`, kind: 'many' });

/** `iss` and `sub` are single strings (RFC 7519 §4.1); every other claim may be a list. */
export const claimAxis = (path: readonly string[]): Axis => ({
  key: `claim:${JSON.stringify(path)}`,
  kind: path.length === 1 && (path[0] === 'iss' || path[0] === 'sub') ? 'optional' : 'many',
  path,
});

/** The values that can occur at one enforcement point, and those to try first: what a reader expects to see in a request. */
export interface Space {
  readonly universe: (axis: Axis) => Universe;
  readonly preferred: (axis: Axis) => readonly string[];
}

export interface SpaceOptions {
  readonly trustDomains: readonly string[];
  readonly normalization: PathNormalization;
}

/** Stands for the host that a destination is called by, where no condition speaks about hosts. */
export const OWN_HOST = 'own-host';

const METHODS_FIRST = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];
const PATHS_FIRST = ['/', '/x', '/any/path'];
const ADDRESSES_FIRST = ['10.0.0.1', '203.0.113.7', '2001:db8::1'];

export function spaceOf({ trustDomains, normalization }: SpaceOptions): Space {
  const identities = identitiesIn(trustDomains);
  const paths = normalizedPaths(normalization);
  const stranger = strangerOf(trustDomains[0] ?? 'cluster.local');
  return {
    universe(axis) {
      if (axis.key.startsWith('header:')) return HEADER_VALUES;
      if (axis.key.startsWith('claim:')) return CLAIM_VALUES;
      switch (axis.key) {
        case 'peer':
          return identities;
        case 'method':
          return METHODS;
        case 'path':
          return paths;
        case 'host':
          return HOSTS;
        case 'sni':
          return SERVER_NAMES;
        default:
          return CLAIM_VALUES;
      }
    },
    preferred(axis) {
      switch (axis.key) {
        case 'peer':
          return [stranger];
        case 'method':
          return METHODS_FIRST;
        case 'path':
          return PATHS_FIRST;
        case 'host':
          return [OWN_HOST];
        case 'sni':
          return [''];
        default:
          return axis.kind === 'address' ? ADDRESSES_FIRST : ['any'];
      }
    },
  };
}
