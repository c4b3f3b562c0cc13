import type { Fix } from '../candidate.ts';
import { addWaypoint } from './add-waypoint.ts';
import { byHand } from './by-hand.ts';
import { closeHole } from './close-hole.ts';
import { denyByDefault } from './deny-by-default.ts';
import { dropNodeRights } from './drop-node-rights.ts';
import { enrolNamespace } from './enrol-namespace.ts';
import { guardGateway } from './guard-gateway.ts';
import { hideFromOutside } from './hide-from-outside.ts';
import { limitGateway } from './limit-gateway.ts';
import { limitNetwork } from './limit-network.ts';
import { makeStrict } from './make-strict.ts';
import { narrowNetwork } from './narrow-network.ts';
import { narrowRule } from './narrow-rule.ts';
import { requireToken } from './require-token.ts';
import { dropVerbs } from './drop-verbs.ts';
import { revokeBinding } from './revoke-binding.ts';
import { splitAccount } from './split-account.ts';

/** The catalogue, the least invasive first: a new fix is one file and one line here. */
export const FIXES: readonly Fix[] = [
  narrowRule,
  makeStrict,
  hideFromOutside,
  guardGateway,
  requireToken,
  closeHole,
  splitAccount,
  dropVerbs,
  revokeBinding,
  addWaypoint,
  denyByDefault,
  dropNodeRights,
  enrolNamespace,
  narrowNetwork,
  limitNetwork,
  limitGateway,
  byHand,
];
