import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../../model/shape.ts';
import { redactText } from '../redact/redact-text.ts';
import type { Access, Connection } from './connect.ts';
import { type Answer, exchange, ExchangeError, type ExchangeLimits } from './exchange.ts';

/** How patient a collection is. */
export interface Patience extends ExchangeLimits {
  /** Attempts at one request, the first included. */
  readonly attempts: number;
  /** Wait before the second attempt; doubled for each one after it. */
  readonly waitMs: number;
  /** The longest that the server may ask to wait (`Retry-After`). */
  readonly longestWaitMs: number;
}

export const PATIENCE: Patience = {
  idleMs: 30_000,
  totalMs: 300_000,
  bodyBytes: 256 * 2 ** 20,
  attempts: 6,
  waitMs: 500,
  longestWaitMs: 30_000,
};

/** The API server refused: `status` is its answer, `message` its words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** What the `Status` body says beside its message, as the fresh `continue` of an expired list. */
  readonly continueToken: string | undefined;

  constructor(status: number, message: string, continueToken?: string) {
    super(message);
    this.status = status;
    this.continueToken = continueToken;
  }
}

/** The credentials are not accepted: nothing more can be read with them. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const MAY_PASS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Requests to one API server, tried again where that may help. Holds connections: `close` it. */
export class ApiClient {
  readonly #connection: Connection;
  readonly #patience: Patience;
  readonly #closing = new AbortController();

  constructor(connection: Connection, patience: Patience = PATIENCE) {
    this.#connection = connection;
    this.#patience = patience;
  }

  get name(): string {
    return this.#connection.name;
  }

  /** The JSON at a path. Throws an ApiError where the server says no, a CredentialsError on 401, an ExchangeError where nothing helped. */
  get(path: string, accept = 'application/json'): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask('GET', path, accept);
  }

  /** Creates one of the reviews that the server answers and does not keep. */
  review(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask('POST', path, 'application/json', JSON.stringify(body));
  }

  /** Waits before something is tried for the n-th time. */
  async pause(times: number): Promise<void> {
    await this.#wait(this.#patience.waitMs * 2 ** times);
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort();
    this.#connection.close();
  }

  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    await sleep(Math.min(milliseconds, this.#patience.longestWaitMs), undefined, { signal }).catch(() => undefined);
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    accept: string,
    body?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { attempts } = this.#patience;
    let hasNewCredentials = false;
    let last: Error = new ExchangeError('no answer');
    for (let attempt = 0; attempt < attempts; attempt++) {
      let asked = 0;
      const access = await this.#connection.access();
      try {
        const answer = await this.#exchange(access, { method, path, accept, body });
        if (answer.status >= 200 && answer.status < 300) return readJson(answer);
        const refusal = readRefusal(answer);
        if (answer.status === 401) {
          // A token may have run out meanwhile; credential plugins give a new one.
          if (hasNewCredentials) throw new CredentialsError('the API server refuses the credentials (401)');
          hasNewCredentials = true;
          await this.#connection.renew(access);
          continue;
        }
        if (!MAY_PASS.has(answer.status)) throw refusal;
        last = refusal;
        asked = retryAfter(answer);
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        last = error;
      }
      if (attempt + 1 === attempts) break;
      await (asked > 0 ? this.#wait(asked) : this.pause(attempt));
      if (this.#closing.signal.aborted) break;
    }
    throw last;
  }

  #exchange({ base, headers, agent }: Access, { method, path, accept, body }: Asked): Promise<Answer> {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
    const asked = { url, method, agent, headers: { ...headers, accept } };
    return exchange(body === undefined ? asked : { ...asked, body }, this.#patience);
  }
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly accept: string;
  readonly body: string | undefined;
}

/** Garbage in an answer is as good as none: it may be a proxy's page. */
function readJson({ body }: Answer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ExchangeError('the answer is no JSON, or was cut off');
  }
  if (!isObject(value)) throw new ExchangeError('the answer is no Kubernetes object');
  return value;
}

function readRefusal({ status, body }: Answer): ApiError {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value) && value.kind === 'Status') {
      const metadata = isObject(value.metadata) ? value.metadata : {};
      const message = typeof value.message === 'string' ? redactText(value.message).slice(0, 300) : '';
      return new ApiError(
        status,
        message || `HTTP ${status}`,
        typeof metadata.continue === 'string' && metadata.continue !== '' ? metadata.continue : undefined,
      );
    }
  } catch {
    // Not the API server's: the code says it.
  }
  return new ApiError(status, `HTTP ${status}`);
}

/** Seconds; dates are not used by API servers. */
function retryAfter({ headers }: Answer): number {
  const value = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(value) && value > 0 ? value * 1000 : 0;
}
