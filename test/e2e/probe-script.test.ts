import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { probeResult } from '../../src/result/probe-result.ts';
import { isInstalled, startLoopback } from '../lone-client.ts';
import { meshproof, root } from './meshproof.ts';
import { MESH, SUITE } from './probed-mesh.ts';

/** Answers as kubectl, with what a mesh would answer: the arguments are noted, and what comes by stdin. */
const KUBECTL = `#!/bin/sh
echo "$*" >>"$NOTES"
case "$*" in
  *'get pods'*) echo pod/web-admin; echo pod/web-7d4b9-x2x4z ;;
  *NONE*) exit 9 ;;
  *'-K -'*) cat >>"$NOTES"; printf 'HTTP/1.1 200 OK\\r\\nserver: envoy\\r\\n\\r\\nfine\\nmeshproof 200 4\\n' ;;
  */items*) printf 'HTTP/1.1 200 OK\\r\\nserver: envoy\\r\\n\\r\\n%s\\nmeshproof 200 %s\\n' 'personal data' 13 ;;
  */admin*) printf 'HTTP/1.1 %s\\r\\nserver: istio-envoy\\r\\n\\r\\n%s\\nmeshproof %s\\n' "$ADMIN_STATUS" "$ADMIN_BODY" "$ADMIN_END" ;;
esac
`;

/** Runs what is to be run in a container: where nothing but one client is, and every service is one port of this machine. */
const kubectlOf = (bin: string, port: number): string => `#!/bin/sh
case "$*" in *'get pods'*) echo pod/web-7d4b9-x2x4z; exit ;; esac
while [ "$1" != -- ]; do shift; done
shift
for word; do
  shift
  set -- "$@" "$(printf '%s' "$word" | sed 's/^api[.]shop[.]svc[.]cluster[.]local$/127.0.0.1/; s/api[.]shop[.]svc[.]cluster[.]local:80/127.0.0.1:${port}/; s/^80$/${port}/')"
done
PATH=${bin} "$@" || { code=$?; [ -x "${bin}/$1" ] || echo 'executable file not found in $PATH'; exit $code; }
`;

/** The program itself: what stands in PATH may be a script that needs others. */
const whereIs = (tool: string): string =>
  tool === 'node'
    ? process.execPath
    : tool === 'python3'
      ? spawnSync(tool, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim()
      : spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim();

/** What a shell would take for its own. */
const ODD = `  - name: "an 'odd' one; $(id)"
    request:
      from: { workload: shop/web }
      to: { service: shop/api, port: 80 }
      http: { method: GET, path: "/a/../it's%20$(id)\`id\`\\\\?x=;|&", headers: { x-odd: "'\\"$HOME\\"'" } }
    expect: allow
  - name: bytes
    request: { from: { workload: shop/web }, to: { service: shop/api, port: 80 } }
    expect: allow
`;

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-probes-'));
  writeFileSync(file('mesh.yaml'), MESH);
  writeFileSync(file('suite.yaml'), SUITE);
  writeFileSync(file('kubectl'), KUBECTL);
  chmodSync(file('kubectl'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DENIED = { ADMIN_STATUS: '403 Forbidden', ADMIN_BODY: 'RBAC: access denied', ADMIN_END: '403 19' };
const PASSED = { ADMIN_STATUS: '200 OK', ADMIN_BODY: 'secrets', ADMIN_END: '200 7' };

function run(answers: Readonly<Record<string, string>>, secret: Readonly<Record<string, string>> = {}): string {
  const env = { PATH: process.env.PATH, KUBECTL: file('kubectl'), MESHPROOF_PAUSE: '0', NOTES: file('notes') };
  const { status, stdout, stderr } = spawnSync('sh', [file('probes.sh')], {
    env: { ...env, ...answers, ...secret },
    encoding: 'utf8',
  });
  expect([status, stderr.includes('rror')]).toEqual([0, false]);
  writeFileSync(file('results.jsonl'), stdout);
  return stdout;
}

interface Port {
  readonly authorization: { readonly status: string };
}
interface Audit {
  readonly input: { readonly sources: readonly { readonly kind: string; readonly documents: number }[] };
  readonly inventory: { readonly workloads: readonly { readonly id: string; readonly ports: readonly Port[] }[] };
  readonly confidence: { readonly deductions: readonly { readonly reason: string }[] };
}

function audit(...args: readonly string[]) {
  const { out } = meshproof(['audit', file('mesh.yaml'), ...args, '--format', 'json']);
  const result: Audit = JSON.parse(out);
  const api = result.inventory.workloads.find(({ id }) => id === 'shop/api');
  return { result, status: api?.ports.map(({ authorization }) => authorization.status) };
}

describe('meshproof test --probe-script', () => {
  it('writes a script whose results are evidence', () => {
    const { code, err } = meshproof(['test', file('suite.yaml'), '--probe-script', file('probes.sh')]);
    expect(code).toBe(0);
    expect(err).toContain('not sent: shop › web may not delete: DELETE may change something');
    expect(err).toContain('3 probes from 1 workload, 1 cases not sent');
    const script = readFileSync(file('probes.sh'), 'utf8');
    expect(script).not.toContain('s3cr3t-in-suite');

    const lines = run(DENIED, { MESHPROOF_X_API_KEY_1: 'k"ey' })
      .trim()
      .split('\n')
      .map((line) => probeResult.parse(JSON.parse(line)));
    expect(lines.map(({ name, code: status, said, pod, server }) => [name, status, said, pod, server])).toEqual([
      ['web may read', 200, '', 'web-7d4b9-x2x4z', 'envoy'],
      ["web's page is open", 200, '', 'web-7d4b9-x2x4z', 'envoy'],
      ['web may not read the rest', 403, 'RBAC: access denied', 'web-7d4b9-x2x4z', 'istio-envoy'],
    ]);
    expect(JSON.stringify(lines)).not.toContain('personal data');
    const notes = readFileSync(file('notes'), 'utf8');
    expect(notes).toContain('header = "x-api-key: k\\"ey"');
    expect(notes).toContain('exec -i -n shop web-7d4b9-x2x4z -c app -- curl -q');

    expect(audit().status).toEqual(['INFERRED']);
    const { result, status } = audit(file('results.jsonl'));
    expect(status).toEqual(['VERIFIED']);
    expect(result.input.sources.map(({ kind, documents }) => [kind, documents])).toContainEqual(['probe-results', 3]);
    expect(audit(file('results.jsonl'), '--now', '2099-01-01').status).toEqual(['INFERRED']);
  });

  it('leaves out what lacks its secret, and proves nothing where the control did not pass', () => {
    const lines = run({ ...DENIED, ADMIN_BODY: 'no such page', ADMIN_STATUS: '404 Not Found', ADMIN_END: '404 12' });
    expect(lines.trim().split('\n')).toHaveLength(2);
    expect(audit(file('results.jsonl')).status).toEqual(['INFERRED']);
  });

  it('contradicts the configuration where what it denies passes', () => {
    run(PASSED, { MESHPROOF_X_API_KEY_1: 'key' });
    const { result, status } = audit(file('results.jsonl'));
    expect(status).toEqual(['UNKNOWN']);
    expect(result.confidence.deductions.map(({ reason }) => reason)).toContain('conflicting evidence remains');
  });

  describe.each(['curl', 'python3', 'node', 'wget', 'bash'].filter(isInstalled))(
    'with %s alone in the container',
    (client) => {
      it('sends the same by it', { timeout: 20_000 }, async () => {
        const answer = 'HTTP/1.1 403 Forbidden\r\nserver: istio-envoy\r\ncontent-length: 19\r\n\r\nRBAC: access denied';
        const server = await startLoopback(answer);
        const name = (text: string): string => file(`${client}-${text}`);
        mkdirSync(name('bin'));
        for (const tool of [client, ...(client === 'bash' ? ['sleep'] : client === 'wget' ? ['sh'] : [])])
          symlinkSync(whereIs(tool), join(name('bin'), tool));
        writeFileSync(name('kubectl'), kubectlOf(name('bin'), server.port));
        chmodSync(name('kubectl'), 0o755);
        writeFileSync(name('suite.yaml'), SUITE + ODD);
        expect(meshproof(['test', name('suite.yaml'), '--probe-script', name('probes.sh')]).code).toBe(0);
        const env = {
          PATH: process.env.PATH,
          KUBECTL: name('kubectl'),
          MESHPROOF_PAUSE: '0',
          MESHPROOF_X_API_KEY_1: 'k"e\'y',
        };
        const out = await new Promise<string>((resolve) => {
          execFile('sh', [name('probes.sh')], { env, encoding: 'utf8' }, (_, stdout) => resolve(stdout));
        });
        server.stop();
        const seen = out
          .trim()
          .split('\n')
          .map((line) => probeResult.parse(JSON.parse(line)))
          .map(({ name: probe, client: by, code, said, bytes }) => [probe, by, code || bytes > 0, said]);
        const http = client === 'bash' ? ['none', false, ''] : [client, 403, 'RBAC: access denied'];
        // Wget is told no secrets, and no path that it would write anew.
        const beyond = client === 'wget' ? ['none', false, ''] : http;
        expect(seen).toEqual([
          ['web may read', ...beyond],
          ["web's page is open", ...http],
          ["an 'odd' one; $(id)", ...beyond],
          ['bytes', ...(client === 'wget' ? ['none', false, ''] : [client, true, ''])],
          ['web may not read the rest', ...http],
        ]);
        const heard = server.heard.join('');
        if (client === 'bash') return expect(heard).toBe('\r\n');
        if (client === 'wget') return;
        expect(heard).toContain("GET /a/../it's%20$(id)`id`\\?x=;|& HTTP/1.1");
        expect(heard).toMatch(/^x-odd: '"\$HOME"'\r$/im);
        expect(heard).toMatch(/^x-api-key: k"e'y\r$/im);
      });
    },
  );

  it('asks for what it needs', () => {
    const suite = file('suite.yaml');
    expect(meshproof(['test', suite, '--live']).err).toContain('`--live` has to know which cluster');
    expect(meshproof(['test', suite, '--context', 'x']).err).toContain('none are sent');
    expect(meshproof(['test', suite, '--live', '--context', 'x', '--probe-script', 'y']).code).toBe(2);
  });
});
