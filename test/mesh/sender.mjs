// Sends requests from the network namespace that it runs in, each on a new connection: a line of JSON in, a line of JSON out.
import http from 'node:http';
import net from 'node:net';
import { createInterface } from 'node:readline';

const SECONDS = 5;

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, ...ask } = JSON.parse(line);
  const answer = await (ask.http ? sendHttp(ask) : sendTcp(ask)).catch(({ code, message }) => ({
    error: code ?? message,
  }));
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
});

function sendHttp({ address, port, http: { method, path, headers } }) {
  return new Promise((done, fail) => {
    const request = http.request(
      { host: address, port, method, path, headers, agent: false, setHost: false, timeout: SECONDS * 1000 },
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
function sendTcp({ address, port }) {
  return new Promise((done, fail) => {
    const socket = net.connect({ host: address, port, timeout: SECONDS * 1000 }, () => socket.write('hello\n'));
    let body = '';
    socket.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', fail);
    socket.on('close', () => done({ body }));
  });
}
