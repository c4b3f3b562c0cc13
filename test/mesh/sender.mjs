// Sends requests from the network namespace that it runs in, each on a new connection: a line of JSON in, a line of JSON out.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { createInterface } from 'node:readline';
import tls from 'node:tls';

const SECONDS = 5;

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, ...ask } = JSON.parse(line);
  const answer = await (ask.http ? sendHttp(ask) : sendTcp(ask)).catch(({ code, message }) => ({
    error: code ?? message,
  }));
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
});

/** A connection, after its handshake where one is asked for. */
function connect({ address, port, localAddress, tls: handshake, tunnel }) {
  if (tunnel) return openTunnel(`${address}:${port}`, tunnel);
  return new Promise((done, fail) => {
    const to = { host: address, port, localAddress, timeout: SECONDS * 1000 };
    const socket = handshake
      ? tls.connect({ ...to, rejectUnauthorized: false, ...handshake }, () => done(socket))
      : net.connect(to, () => done(socket));
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('closed')));
  });
}

/** HBONE: CONNECT in HTTP/2 over mutual TLS. */
function openTunnel(authority, { address, port, cert, key }) {
  return new Promise((done, fail) => {
    const session = http2.connect(`https://${address}:${port}`, { cert, key, rejectUnauthorized: false });
    session.on('error', fail);
    const stream = session.request({ ':method': 'CONNECT', ':authority': authority });
    stream.on('error', fail);
    stream.on('close', () => session.close());
    stream.setTimeout(SECONDS * 1000, () => stream.destroy(new Error('timeout')));
    stream.on('response', ({ ':status': status }) =>
      status === 200 ? done(stream) : fail(new Error(`the tunnel is answered with ${status}`)),
    );
  });
}

async function sendHttp({ http: { method, path, headers }, ...to }) {
  const socket = await connect(to);
  return new Promise((done, fail) => {
    const request = http.request(
      { createConnection: () => socket, method, path, headers, setHost: false, timeout: SECONDS * 1000 },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => {
          body += text;
        });
        response.on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
        response.on('error', fail);
      },
    );
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', fail);
    request.end();
  });
}

/** Envoy decides on the first bytes. */
async function sendTcp(to) {
  const socket = await connect(to);
  return new Promise((done, fail) => {
    let body = '';
    socket.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    socket.on('error', fail);
    socket.on('close', () => done({ body }));
    socket.write('hello\n');
  });
}
