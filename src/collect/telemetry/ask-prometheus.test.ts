import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { prometheusText } from '../../../test/telemetry.ts';
import { askPrometheus, type PrometheusAsk } from './ask-prometheus.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

async function asking(handler: Handler, more: Partial<PrometheusAsk> = {}) {
  let count = 0;
  const server = createServer((request, response) => handler(request, response, ++count));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ask = { url: `http://127.0.0.1:${port}`, days: 7, end: 1_795_219_200, timeout: 500, pause: 1, ...more };
  try {
    return { ...(await askPrometheus(ask)), count: () => count };
  } catch (error) {
    return { error: String(error), count: () => count };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const answer = prometheusText([{ from: 'shop/web', to: 'shop/orders', values: [1, 2] }]);
const ok: Handler = (_, response) => response.end(answer);

describe('a Prometheus', () => {
  it('is asked the fixed queries, for days', async () => {
    const urls: URL[] = [];
    const queries: string[] = [];
    const found = await asking(
      (request, response) => {
        urls.push(new URL(request.url ?? '', 'http://x'));
        response.end(answer);
      },
      { onQuery: (query) => queries.push(query) },
    );
    expect(found).toMatchObject({ observations: [{ kind: 'prometheus' }, {}], sources: [{ kind: 'prometheus' }, {}] });
    expect(urls.map(({ pathname }) => pathname)).toEqual(['/api/v1/query_range', '/api/v1/query_range']);
    expect(urls.map(({ searchParams }) => searchParams.get('query'))).toEqual(queries);
    expect(urls[0]?.searchParams.get('step')).toBe('86400');
    expect(Number(urls[0]?.searchParams.get('start'))).toBe(1_795_219_200 - 6 * 86_400);
  });

  it('gets the token, and nobody else does', async () => {
    const seen: (string | undefined)[] = [];
    const found = await asking(
      (request, response) => {
        seen.push(request.headers.authorization);
        response.statusCode = 403;
        response.end('no');
      },
      { token: 'hunter2' },
    );
    expect(seen).toEqual(['Bearer hunter2']);
    expect(found.error).toMatch(/HTTP 403/);
    expect(found.error).not.toContain('hunter2');
    const moved = await asking((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.end();
    });
    expect(moved.error).toMatch(/no connection/);
  });

  it('is asked again when it is broken, and not for ever', async () => {
    const once = await asking((request, response, count) => {
      if (count > 1) return ok(request, response, count);
      response.statusCode = 503;
      return response.end();
    });
    expect([once.error, once.count()]).toEqual([undefined, 3]);
    const never = await asking((_, response) => {
      response.statusCode = 500;
      response.end();
    });
    expect([never.error?.includes('HTTP 500'), never.count()]).toEqual([true, 3]);
  });

  it('that refuses the query is not asked again', async () => {
    const found = await asking((_, response) => {
      response.statusCode = 400;
      response.end('{"status":"error","error":"too many samples"}');
    });
    expect([found.error?.includes('too many samples'), found.count()]).toEqual([true, 1]);
  });

  it('that hangs, breaks off or talks nonsense ends in an error', async () => {
    expect((await asking(() => undefined, { timeout: 50 })).error).toMatch(/no answer in 0\.05 s/);
    expect((await asking((_, response) => response.destroy())).error).toMatch(/no connection/);
    expect((await asking((_, response) => response.end('<html>'))).error).toMatch(/JSON/);
    expect((await asking((_, response) => response.end('{"status":"success"}'))).error).toMatch(/result of type/);
  });

  it('needs a URL without credentials', async () => {
    for (const url of ['localhost', 'ftp://x', 'http://me:hunter2@x'])
      await expect(askPrometheus({ url, days: 7, end: 0 })).rejects.not.toThrow('hunter2');
  });
});
