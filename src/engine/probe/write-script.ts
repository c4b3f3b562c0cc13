import type { Workload } from '../../model/inventory/types.ts';
import { curlCommand, PROBE_SECONDS, TRAILER } from './curl-command.ts';
import { podNames } from './pod-names.ts';
import type { Probe, ProbePlan } from './probe.ts';
import { resultFacts } from './result-line.ts';
import { sendingContainers } from './sending-containers.ts';

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
  const command = curlCommand(probe).map(quoted).join(' ');
  const containers = quoted(sendingContainers(probe).join(' '));
  const send = [
    `feed() { ${feedOf(probe)}; }`,
    `context=${quoted(source.cluster)}`,
    `probe ${quoted(facts)} ${quoted(source.namespace)} "$${pod}" ${containers} ${command}`,
  ];
  if (secrets.length === 0) return ['', ...send];
  const missing = secrets.map(({ variable }) => `[ -z "\${${variable}:-}" ]`).join(' || ');
  const variables = secrets.map(({ variable }) => variable).join(', ');
  return ['', `if ${missing}; then`, `  skip ${quoted(`${name}: set ${variables}`)}`, 'else', ...send, 'fi'];
}

function feedOf({ http }: Probe): string {
  if (!http) return `printf '\\r\\n'; sleep ${PROBE_SECONDS}`;
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
header() { printf 'header = "%s%s"\\n' "$1" "$(printf '%s' "$2" | sed 's/[\\\\"]/\\\\&/g')"; }
first_pod() { printf '%s\\n' "$2" | sed 's|^pod/||' | grep -E "$1" | head -n 1; }

# probe FACTS NAMESPACE POD CONTAINERS COMMAND...: what \`feed\` writes is the stdin of the command
probe() {
  facts=$1 namespace=$2 pod=$3 containers=$4
  shift 4
  client=failed status=1 code=0 bytes=0 server= said=
  at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  for container in $containers; do
    [ -n "$pod" ] || break
    feed | $KUBECTL \${context:+--context "$context"} exec -i -n "$namespace" "$pod" -c "$container" -- "$@" >"$answer" 2>&1
    status=$?
    trailer=$(grep -a '^${TRAILER} [0-9]* [0-9]*$' "$answer" | tail -n 1)
    if [ -n "$trailer" ]; then
      client=curl code=$(echo "$trailer" | cut -d ' ' -f 2) bytes=$(echo "$trailer" | cut -d ' ' -f 3)
      break
    fi
    case $status in 126 | 127) client=none ;; *) grep -aq 'executable file not found' "$answer" && client=none ;; esac
  done
  if [ "$client" = curl ]; then
    server=$(tr -d '\\r' <"$answer" | sed -n 's/^[Ss]erver: *//p' | head -n 1 | tr -cd 'A-Za-z0-9._/-')
    words=$(grep -aoE "^(RBAC: access denied|(Jwt|Jwks|Audiences in Jwt) [A-Za-z0-9 .,'-]+|upstream connect error [A-Za-z0-9 .,/:]+|no healthy upstream)" "$answer" | tail -n 1)
    case $words in
      'upstream connect error'*) said=$words ;;
      *) [ "\${#words}" -eq "$bytes" ] && said=$words ;;
    esac
  fi
  printf '%s,"pod":"%s","client":"%s","at":"%s","exit":%d,"code":%s,"server":"%s","said":"%s","bytes":%s}\\n' \\
    "$facts" "$pod" "$client" "$at" "$status" "$(expr "$code" + 0)" "$server" "$said" "$(expr "$bytes" + 0)"
  sleep "$PAUSE"
}

[ "$KUBECTL" != kubectl ] || command -v kubectl >/dev/null || { echo 'kubectl is not installed' >&2; exit 2; }
`;
