import { TRAILER } from './curl-command.ts';
import type { Probe } from './probe.ts';
import { programArguments } from './program-arguments.ts';

/** The request is written byte by byte, so that nothing is added but `connection: close`. */
export const PYTHON = `import http.client, os, signal, socket, sys
host, port, seconds, method, path, hidden = sys.argv[1:7]
named = sys.argv[7:]
seen = {"code": 0, "size": 0}
def end(status):
    os.write(1, ("\\n${TRAILER} %03d %d\\n" % (seen["code"], seen["size"])).encode())
    os._exit(status)
signal.signal(signal.SIGALRM, lambda *_: end(28))
signal.alarm(int(seconds))
try:
    connection = socket.create_connection((host, int(port)))
except socket.gaierror:
    end(6)
except ConnectionRefusedError:
    end(7)
except TimeoutError:
    end(28)
except OSError:
    end(7)
try:
    if not method:
        connection.sendall(b"\\r\\n")
        seen["size"] = len(connection.recv(65536))
        end(0)
    lines = ["%s %s HTTP/1.1" % (method, path)]
    lines += ["%s: %s" % pair for pair in zip(named[::2], named[1::2])]
    if int(hidden):
        lines += sys.stdin.buffer.read().decode().splitlines()
    connection.sendall("\\r\\n".join(lines + ["connection: close", "", ""]).encode())
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    seen["code"] = answer.status
    os.write(1, ("HTTP/1.1 %d\\r\\n" % answer.status).encode())
    for name, value in answer.getheaders():
        os.write(1, ("%s: %s\\r\\n" % (name, value)).encode())
    try:
        body = answer.read(1048576)
    except http.client.IncompleteRead as cut:
        body = cut.partial
    seen["size"] = len(body)
    sys.stdout.buffer.write(b"\\r\\n" + body)
    sys.stdout.buffer.flush()
    end(0)
except http.client.RemoteDisconnected:
    end(52)
except (ConnectionResetError, BrokenPipeError):
    end(56)
except Exception:
    end(8)
`;

export function pythonCommand(probe: Probe): readonly string[] | undefined {
  const words = programArguments(probe);
  return words && ['python3', '-I', '-c', PYTHON, ...words];
}
