import type { Secret } from './probe.ts';

/** Names environment variables for what is never written into a file: tokens, by their claims, and headers that hold credentials. */
export class SecretNames {
  readonly #names = new Map<string, Secret>();

  get all(): readonly Secret[] {
    return [...this.#names.values()];
  }

  token(claims: Readonly<Record<string, unknown>>): string {
    const said = Object.entries(claims).map(([name, value]) => `${name}=${text(value)}`);
    return this.#nameOf(`token ${JSON.stringify(claims)}`, 'TOKEN', `a token with ${said.join(', ')}`);
  }

  header(name: string, value: string): string {
    const word = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
    return this.#nameOf(`header ${name} ${value}`, word, `the value of the header \`${name}\``);
  }

  #nameOf(key: string, word: string, what: string): string {
    const known = this.#names.get(key);
    if (known) return known.variable;
    const variable = `MESHPROOF_${word}_${this.#names.size + 1}`;
    this.#names.set(key, { variable, what });
    return variable;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
