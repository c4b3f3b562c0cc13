import { afterEach, describe, expect, it } from 'vitest';
import { isInstalled, type Loopback, onlyClient, startLoopback } from '../../../test/lone-client.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { clientCommands } from './client.ts';
import type { Probe, ProbeHttp } from './probe.ts';
import { sendProbes } from './send-probes.ts';

const source = {
  ...{ id: 'shop/web', kind: 'Pod', name: 'web-1', namespace: 'shop', cluster: '' },
  containers: [{ name: 'app' }],
} as unknown as Workload;

const probeOf = (port: number, http?: Partial<ProbeHttp>): Probe => ({
  ...{ id: 1, suite: 's', name: 'n', expect: 'allow', source, authority: `127.0.0.1:${port}` },
  request: { from: { workload: 'shop/web' }, to: { service: 'shop/api', port } },
  ...(http === undefined ? {} : { http: { method: 'GET', path: '/', headers: [], secrets: [], ...http } }),
});

const running: Loopback[] = [];
async function listen(answer: string): Promise<Loopback> {
  const server = await startLoopback(answer);
  running.push(server);
  return server;
}
afterEach(() => {
  for (const { stop } of running.splice(0)) stop();
});

async function send(client: string, probe: Probe, environment: Record<string, string> = {}) {
  const [line] = await sendProbes([probe], { access: () => onlyClient(client), environment, pauseMs: 0 });
  if (!line) throw new Error('nothing was sent');
  const { client: by, exit, code, server, said, bytes } = line;
  return { by, exit, code, server, said, bytes };
}

const answer = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nserver: istio-envoy\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const NOTHING = { code: 0, server: '', said: '', bytes: 0 };

const HTTP_CLIENTS = ['curl', 'wget', 'python3', 'node'].filter(isInstalled);
const TCP_CLIENTS = ['curl', 'python3', 'node', 'bash'].filter(isInstalled);

describe.each(HTTP_CLIENTS)('%s', (client) => {
  it('sends the request as stated', async () => {
    const server = await listen(answer('200 OK', 'fine'));
    const headers = [
      ['host', 'a.example'],
      ['x-quote', `it's "$HOME" \`id\` $(id) \\ ; | &`],
    ] as const;
    const path = client === 'wget' ? '/a/b?c=d&e=f' : "/a/../%2e//b;x='$(id)'?c=`d`&e=/..";
    const seen = await send(client, probeOf(server.port, { path, headers }));
    expect(seen).toEqual({ by: client, exit: 0, code: 200, server: 'istio-envoy', said: '', bytes: 4 });
    const [first, ...rest] = (server.heard[0] ?? '').split('\r\n');
    expect(first).toBe(`GET ${path} HTTP/1.1`);
    expect(rest.map((line) => line.replace(/^[\w-]+/, (name) => name.toLowerCase()))).toEqual(
      expect.arrayContaining(headers.map(([name, value]) => `${name}: ${value}`)),
    );
    expect(rest.join('\n')).not.toMatch(/^(content-length|transfer-encoding)/im);
    expect(server.heard).toHaveLength(1);
  });

  it('keeps the words of a refusal, and nothing else of an answer', async () => {
    const http = {};
    const denied = await send(
      client,
      probeOf((await listen(answer('403 Forbidden', 'RBAC: access denied'))).port, http),
    );
    expect(denied).toEqual({
      ...{ by: client, exit: 0, code: 403, server: 'istio-envoy', said: 'RBAC: access denied', bytes: 19 },
    });
    const quoted = await send(
      client,
      probeOf((await listen(answer('403 Forbidden', 'RBAC: access denied!'))).port, http),
    );
    expect([quoted.code, quoted.said]).toEqual([403, '']);
    // Wget leaves the body of a 401 out.
    if (client === 'wget') return;
    const token = await send(client, probeOf((await listen(answer('401 Unauthorized', 'Jwt is missing'))).port, http));
    expect([token.code, token.said]).toEqual([401, 'Jwt is missing']);
  });

  it('follows no redirect', async () => {
    const other = await listen(answer('200 OK', ''));
    const head = `HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:${other.port}/\r\ncontent-length: 0\r\n\r\n`;
    expect((await send(client, probeOf((await listen(head)).port, {}))).code).toBe(302);
    expect(other.heard).toEqual([]);
  });

  it('tells apart how a connection fails', async () => {
    const closed = await send(client, probeOf((await listen('')).port, {}));
    expect(closed).toEqual({ ...NOTHING, by: client, exit: 52 });
    const reset = await send(client, probeOf((await listen('reset')).port, {}));
    expect(reset).toEqual({ ...NOTHING, by: client, exit: 56 });
    const server = await listen('');
    server.stop();
    expect(await send(client, probeOf(server.port, {}))).toEqual({ ...NOTHING, by: client, exit: 7 });
  });
});

describe.each(HTTP_CLIENTS.filter((client) => client !== 'wget'))('%s, beyond plain GET', (client) => {
  it('is told secrets by stdin, and never by its arguments', async () => {
    const server = await listen(answer('200 OK', 'fine'));
    const probe = probeOf(server.port, { secrets: [{ name: 'authorization', prefix: 'Bearer ', variable: 'TOKEN' }] });
    const secret = `s3"cr\\et'`;
    expect((await send(client, probe, { TOKEN: secret })).code).toBe(200);
    expect(server.heard[0]).toMatch(/^authorization: /im);
    expect(server.heard[0]).toContain(`Bearer ${secret}\r\n`);
    expect(JSON.stringify(clientCommands(probe))).not.toContain('cr\\\\et');
  });

  it('sends other methods without a body, and a header twice', async () => {
    const server = await listen(answer('200 OK', ''));
    const headers = [
      ['x-a', '1'],
      ['x-a', '2'],
    ] as const;
    expect((await send(client, probeOf(server.port, { method: 'POST', headers }))).code).toBe(200);
    expect(server.heard[0]).toMatch(/^POST \/ HTTP\/1.1\r\n/);
    expect(server.heard[0]).toMatch(/x-a: 1\r\nx-a: 2\r\n/);
    expect(server.heard[0]).not.toMatch(/^(content-length|transfer-encoding)/im);
    const head = await listen('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n');
    expect(await send(client, probeOf(head.port, { method: 'HEAD' }))).toMatchObject({ code: 200, bytes: 0 });
  });
});

describe.each(TCP_CLIENTS)('%s over TCP', (client) => {
  it('tells an answer from an end', async () => {
    const server = await listen('hello');
    expect((await send(client, probeOf(server.port))).bytes).toBeGreaterThan(0);
    expect(server.heard).toEqual(['\r\n']);
    expect((await send(client, probeOf((await listen('\0')).port))).bytes).toBeGreaterThan(0);
    const closed = await send(client, probeOf((await listen('')).port));
    expect(closed).toEqual({ ...NOTHING, by: client, exit: 0 });
    const reset = await send(client, probeOf((await listen('reset')).port));
    expect(reset).toMatchObject({ ...NOTHING, by: client });
    expect([0, 56]).toContain(reset.exit);
    const gone = await listen('');
    gone.stop();
    expect(await send(client, probeOf(gone.port))).toEqual({ ...NOTHING, by: client, exit: 7 });
  });
});

describe('names that are unknown, and servers that say nothing', () => {
  const ALL = [
    ...HTTP_CLIENTS.map((client) => ({ client, http: {} })),
    ...TCP_CLIENTS.map((client) => ({ client, http: undefined })),
  ];

  it('are told apart from refusals, and conclude nothing', { timeout: 30_000 }, async () => {
    const { port } = await listen('silence');
    const unknown = ALL.map(({ client, http }) =>
      send(client, { ...probeOf(80, http), authority: 'no-such-name.invalid:80' }),
    );
    const silent = ALL.map(({ client, http }) => send(client, probeOf(port, http)));
    expect(await Promise.all(unknown)).toEqual(ALL.map(({ client }) => ({ ...NOTHING, by: client, exit: 6 })));
    expect(await Promise.all(silent)).toEqual(ALL.map(({ client }) => ({ ...NOTHING, by: client, exit: 28 })));
  });
});

describe('what a client cannot say is not left to it', () => {
  const names = (http?: Partial<ProbeHttp>): readonly string[] =>
    clientCommands(probeOf(80, http)).map(({ name }) => name);

  it.each([
    ['a plain GET', {}, ['curl', 'python3', 'node', 'wget']],
    ['bytes', undefined, ['curl', 'python3', 'node', 'bash']],
    ['a path that wget would tidy up', { path: '/a/../b' }, ['curl', 'python3', 'node']],
    ['an escape that wget may write anew', { path: '/%2e' }, ['curl', 'python3', 'node']],
    ['another method', { method: 'HEAD' }, ['curl', 'python3', 'node']],
    ['an empty header', { headers: [['x-a', '']] as const }, ['curl', 'python3', 'node']],
    ['other letters', { path: '/ä' }, ['curl']],
    ['a header that is none', { headers: [['x a', '1']] as const }, ['curl']],
  ])('%s', (_, http, clients) => {
    expect(names(http)).toEqual(clients);
  });

  it('a pod without any is said to have none, and is asked once', async () => {
    const access = onlyClient('none');
    const asked: string[] = [];
    const run: typeof access.run = (command) => {
      asked.push(command.command[0] ?? '');
      return access.run(command);
    };
    const probes = [probeOf(80, {}), probeOf(80, {})];
    const lines = await sendProbes(probes, { access: () => ({ ...access, run }), environment: {}, pauseMs: 0 });
    expect(lines.map(({ client }) => client)).toEqual(['none', 'none']);
    expect(asked).toEqual(['curl', 'python3', 'node', 'sh']);
  });
});
