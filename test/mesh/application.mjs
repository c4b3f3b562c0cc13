// The application of the pods: answers on every port of it, over HTTP with what it got, over TCP with a line.
import http from 'node:http';
import net from 'node:net';

const [, , httpPorts = '', tcpPorts = ''] = process.argv;
const portsOf = (text) => text.split(',').filter(Boolean).map(Number);

for (const port of portsOf(httpPorts)) {
  http
    .createServer(({ method, url, headers }, response) => {
      response.setHeader('x-application', 'server');
      response.end(JSON.stringify({ method, path: url, headers }));
    })
    .listen(port, '0.0.0.0');
}
for (const port of portsOf(tcpPorts)) {
  net
    .createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('application\n'));
    })
    .listen(port, '0.0.0.0');
}
