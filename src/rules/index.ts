import { permissive } from './mtls/permissive.ts';
import type { Rule } from './rule.ts';

/** All rules, by id. A new rule is one file and one line here. */
export const RULES: readonly Rule[] = [permissive];
