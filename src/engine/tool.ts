import pkg from '../../package.json' with { type: 'json' };
import { methodVersion } from '../result/method.ts';

/** What made a result; history recomputes where one of these changes. */
export const TOOL = { name: 'meshproof', version: pkg.version, rulesVersion: '1', methodVersion } as const;
