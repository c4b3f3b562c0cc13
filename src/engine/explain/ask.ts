/** A question as a person types it; every word is checked against the mesh before it is asked. */
export interface Ask {
  readonly from: string;
  readonly to: string;
  readonly as?: 'app' | 'attacker';
  /** The container that sends. */
  readonly container?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** `name=value` or `name: value`. */
  readonly header?: readonly string[];
  /** `name=value`; `any` alone: a token that the destination accepts. */
  readonly claim?: readonly string[];
  readonly sni?: string;
  readonly sourceIp?: string;
  readonly plaintext?: boolean;
  /** Not HTTP, whatever the port is declared as. */
  readonly tcp?: boolean;
  /** Also ports that nothing in the input declares. */
  readonly anyPort?: boolean;
}
