import type { Path } from './resource.ts';

/** Why Istio's validating webhook refuses an object that the API server takes. Where the webhook is down or bypassed, it gets in anyway. */
export interface Refusal {
  /** The field at fault. */
  readonly path: Path;
  /** One clause in lower case, user values in backticks. */
  readonly reason: string;
  readonly help: string;
}
