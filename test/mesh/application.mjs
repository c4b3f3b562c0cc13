// The application of the pods: on every port of it, it answers HTTP with what it got, and anything else with a line.
import http from 'node:http';
import net from 'node:net';

const [, , ports = ''] = process.argv;

const web = http.createServer(({ method, url, headers }, response) => {
  response.setHeader('x-application', 'server');
  response.end(JSON.stringify({ method, path: url, headers }));
});
for (const port of ports.split(',').map(Number)) {
  net
    .createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        if (!/^[A-Z]+ \S+ HTTP\/1/.test(first.toString('latin1'))) return socket.end('application\n');
        socket.unshift(first);
        web.emit('connection', socket);
      });
    })
    .listen(port, '0.0.0.0');
}
