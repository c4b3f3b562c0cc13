import type { Workload } from '../../model/inventory/types.ts';
import { BASH } from './bash-command.ts';
import { clientCommands } from './client.ts';
import { PROBE_SECONDS, TRAILER } from './curl-command.ts';
import { NODE } from './node-command.ts';
import { podNames } from './pod-names.ts';
import type { Probe, ProbePlan } from './probe.ts';
import { PYTHON } from './python-command.ts';
import { resultFacts } from './result-line.ts';
import { sendingContainers } from './sending-containers.ts';
import { WGET } from './wget-command.ts';

/** A POSIX shell script that sends the probes from pods that exist, one at a time, and writes a line of JSON for each. */
export function writeScript({ probes, skipped, secrets }: ProbePlan): string {
  const sources = [...new Set(probes.map(({ source }) => source))];
  const podOf = (source: Workload): string => `pod_${sources.indexOf(source) + 1}`;
  return [
    '#!/bin/sh',
    `# Sends the ${probes.length} probes of a policy test, each on a new connection, from pods that are there already.`,
    '# Nothing is created or changed. The results are evidence:',
    '#   sh FILE > results.jsonl && meshproof audit MANIFESTS results.jsonl',
    '# KUBECTL: the command, as "kubectl --context prod"; MESHPROOF_PAUSE: seconds between probes (1).',
    ...secrets.map(({ variable, what }) => comment(`${variable}: ${what}`)),
    ...skipped.map(({ name, why }) => comment(`not sent: ${name}: ${why}`)),
    PROLOGUE,
    ...[...PROGRAMS].map(([text, name]) => `${name}=${quoted(text)}`),
    '',
    ...sources.flatMap((source) => [`${podOf(source)}=$(${findPod(source)})`]),
    ...probes.flatMap((probe) => sendOne(probe, podOf(probe.source))),
    '',
  ].join('\n');
}

/** One line, whatever the text holds. */
const comment = (text: string): string => `# ${text.replaceAll(/[\r\n]+/g, ' ')}`;

/** As one word of a shell command. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const contextFlag = ({ cluster }: Workload): string => (cluster === '' ? '' : ` --context ${quoted(cluster)}`);

function findPod(source: Workload): string {
  if (source.kind === 'Pod') return `echo ${quoted(source.name)}`;
  const labels = Object.entries(source.labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  const get = `$KUBECTL${contextFlag(source)} get pods -n ${quoted(source.namespace)} -l ${quoted(labels)}`;
  return `first_pod ${quoted(podNames(source))} "$(${get} --field-selector=status.phase=Running -o name)"`;
}

function sendOne(probe: Probe, pod: string): readonly string[] {
  const { source, http, name } = probe;
  const secrets = http?.secrets ?? [];
  const facts = JSON.stringify(resultFacts(probe)).slice(0, -1);
  const commands = clientCommands(probe);
  const containers = quoted(sendingContainers(probe).join(' '));
  const send = [
    `feed() { ${feedOf(probe)}; }`,
    'send() {',
    '  case $client in',
    ...commands.map(({ name: client, command }) => `    ${client}) "$@" ${command.map(word).join(' ')} ;;`),
    '  esac',
    '}',
    `context=${quoted(source.cluster)}`,
    `probe ${quoted(facts)} ${quoted(source.namespace)} "$${pod}" ${containers} ${quoted(commands.map((each) => each.name).join(' '))}`,
  ];
  if (secrets.length === 0) return ['', ...send];
  const missing = secrets.map(({ variable }) => `[ -z "\${${variable}:-}" ]`).join(' || ');
  const variables = secrets.map(({ variable }) => variable).join(', ');
  return ['', `if ${missing}; then`, `  skip ${quoted(`${name}: set ${variables}`)}`, 'else', ...send, 'fi'];
}

/** Programs that are written once, by the variables that hold them. */
const PROGRAMS: ReadonlyMap<string, string> = new Map([
  [WGET, 'WGET'],
  [PYTHON, 'PYTHON'],
  [NODE, 'NODE'],
  [BASH, 'BASH'],
]);

function word(text: string): string {
  const program = PROGRAMS.get(text);
  return program === undefined ? quoted(text) : `"$${program}"`;
}

function feedOf({ http }: Probe): string {
  if (!http) return `[ "$client" != curl ] || { printf '\\r\\n'; sleep ${PROBE_SECONDS}; }`;
  if (http.secrets.length === 0) return ':';
  return http.secrets
    .map(({ name, prefix, variable }) => `header ${quoted(`${name}: ${prefix}`)} "$${variable}"`)
    .join('; ');
}

const PROLOGUE = `set -u
KUBECTL=\${KUBECTL:-kubectl}
PAUSE=\${MESHPROOF_PAUSE:-1}
answer=$(mktemp) || exit 2
trap 'rm -f "$answer"' EXIT
trap 'exit 130' INT TERM

skip() { echo "not sent: $1" >&2; }
header() {
  case $client in
    curl) printf 'header = "%s%s"\\n' "$1" "$(printf '%s' "$2" | sed 's/[\\\\"]/\\\\&/g')" ;;
    *) printf '%s%s\\n' "$1" "$2" ;;
  esac
}
first_pod() { printf '%s\\n' "$2" | sed 's|^pod/||' | grep -E "$1" | head -n 1; }

# probe FACTS NAMESPACE POD CONTAINERS CLIENTS: \`send\` runs the command of a client, and what \`feed\` writes is its stdin
missing=' '
probe() {
  facts=$1 namespace=$2 pod=$3
  status=1 code=0 bytes=0 server= said= trailer= failed=
  at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  for client in $5; do
    for container in $4; do
      [ -n "$pod" ] || break 2
      place=$context/$namespace/$pod/$container/$client
      case $missing in *" $place "*) continue ;; esac
      feed | send $KUBECTL \${context:+--context "$context"} exec -i -n "$namespace" "$pod" -c "$container" -- >"$answer" 2>&1
      status=$?
      trailer=$(grep -a '^${TRAILER} [0-9]* [0-9]*$' "$answer" | tail -n 1)
      [ -z "$trailer" ] || break 2
      if [ "$status" = 126 ] || [ "$status" = 127 ] || grep -aqE 'executable file (\`[^\`]*\` )?not found' "$answer"; then
        missing="$missing$place "
      else
        failed=$status
      fi
    done
  done
  if [ -n "$trailer" ]; then
    code=$(echo "$trailer" | cut -d ' ' -f 2) bytes=$(echo "$trailer" | cut -d ' ' -f 3)
    server=$(tr -d '\\r' <"$answer" | sed -n 's/^[Ss]erver: *//p' | head -n 1 | tr -cd 'A-Za-z0-9._/-')
    words=$(grep -aoE "^(RBAC: access denied|(Jwt|Jwks|Audiences in Jwt) [A-Za-z0-9 .,'-]+|upstream connect error [A-Za-z0-9 .,/:]+|no healthy upstream)" "$answer" | tail -n 1)
    case $words in
      'upstream connect error'*) said=$words ;;
      *) [ "\${#words}" -eq "$bytes" ] && said=$words ;;
    esac
  elif [ -n "$failed" ] || [ -z "$pod" ]; then
    client=failed status=\${failed:-1}
  else
    client=none status=127
  fi
  printf '%s,"pod":"%s","client":"%s","at":"%s","exit":%d,"code":%s,"server":"%s","said":"%s","bytes":%s}\\n' \\
    "$facts" "$pod" "$client" "$at" "$status" "$(expr "$code" + 0)" "$server" "$said" "$(expr "$bytes" + 0)"
  sleep "$PAUSE"
}

[ "$KUBECTL" != kubectl ] || command -v kubectl >/dev/null || { echo 'kubectl is not installed' >&2; exit 2; }
`;
