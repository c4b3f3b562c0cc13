import type { Hardening } from './hardening.ts';
import { narrowGateways } from './narrow-gateways.ts';
import { redirectToHttps } from './redirect-to-https.ts';
import { removeIdleRules } from './remove-idle-rules.ts';
import { restrictEgress } from './restrict-egress.ts';

/** What comes after the steps that close paths: a new one is one file and one line here. */
export const HARDENINGS: readonly Hardening[] = [restrictEgress, narrowGateways, redirectToHttps, removeIdleRules];
