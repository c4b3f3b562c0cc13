import { TRAILER } from './curl-command.ts';
import type { Probe } from './probe.ts';
import { programArguments } from './program-arguments.ts';

/** Old syntax: what runs it may be old. Without an agent Node adds `connection: close`, and told to, no length of a body. */
export const NODE = `const [host, port, seconds, method, path, hidden, ...named] = process.argv.slice(1);
const fs = require("fs"), http = require("http"), net = require("net");
let code = 0, size = 0;
const end = (status) => {
  fs.writeSync(1, "\\n${TRAILER} " + String(code).padStart(3, "0") + " " + size + "\\n");
  process.exit(status);
};
setTimeout(() => end(28), seconds * 1000);
const EXITS = { ENOTFOUND: 6, EAI_AGAIN: 6, EAI_FAIL: 6, ECONNREFUSED: 7, EHOSTUNREACH: 7, ENETUNREACH: 7, ETIMEDOUT: 28, ECONNRESET: 56, EPIPE: 56 };
const fail = (error) => end(error.message === "socket hang up" ? 52 : EXITS[error.code] || 8);
if (method) {
  const lines = hidden > 0 ? fs.readFileSync(0, "utf8").split("\\n").filter(Boolean) : [];
  for (const line of lines) named.push(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2));
  const request = http.request({ host, port, method, path, agent: false, setHost: false });
  const all = new Map();
  for (let at = 0; at < named.length; at += 2) {
    const name = named[at].toLowerCase();
    all.set(name, (all.get(name) || []).concat(Buffer.from(named[at + 1]).toString("latin1")));
  }
  for (const [name, values] of all) request.setHeader(name, values.length > 1 ? values : values[0]);
  request.useChunkedEncodingByDefault = false;
  request.on("error", fail);
  request.on("response", (answer) => {
    code = answer.statusCode;
    let head = "HTTP/1.1 " + code + "\\r\\n";
    for (let at = 0; at < answer.rawHeaders.length; at += 2) head += answer.rawHeaders[at] + ": " + answer.rawHeaders[at + 1] + "\\r\\n";
    fs.writeSync(1, head + "\\r\\n");
    answer.on("data", (part) => {
      size += part.length;
      fs.writeSync(1, part);
      if (size > 1048576) end(63);
    });
    answer.on("aborted", () => end(18));
    answer.on("error", fail);
    answer.on("end", () => end(0));
  });
  request.end();
} else {
  const connection = net.connect({ host, port }, () => connection.write("\\r\\n"));
  connection.on("error", fail);
  connection.on("data", (part) => { size = part.length; end(0); });
  connection.on("end", () => end(0));
}
`;

export function nodeCommand(probe: Probe): readonly string[] | undefined {
  const words = programArguments(probe);
  return words && ['node', '-e', NODE, '--', ...words];
}
