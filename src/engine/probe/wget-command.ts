import { TRAILER } from './curl-command.ts';
import type { Probe } from './probe.ts';
import { programArguments } from './program-arguments.ts';

/**
 * GNU wget 1 alone: that of busybox follows redirects and hides what a refusal says, and counts as none. The log comes first, then the body.
 * Needs a shell, and no file.
 */
export const WGET = `seconds=$1 url=$2
shift 2
LC_ALL=C
export LC_ALL
case $(wget --version 2>/dev/null) in 'GNU Wget 1.'*) ;; *) exit 127 ;; esac
end() { printf '\\n${TRAILER} %s %d\\n' "$2" "$3"; exit "$1"; }
mark='
${TRAILER}-body '
all=$( {
  body=$(wget --no-config -e netrc=off -nv -S -O - --content-on-error --max-redirect=0 --no-proxy --tries=1 --timeout="$seconds" \\
    --no-http-keep-alive --no-cookies "$@" "$url" 2>&3; echo "=$?")
  printf '%s%s' "$mark" "$body"
} 3>&1)
log=\${all%%"$mark"*} body=\${all#*"$mark"}
status=\${body##*=} body=\${body%=*}
code=\${log#*'  HTTP/1.'}
if [ "$code" = "$log" ]; then
  case $log in
    *'unrecognized option'* | *'invalid option'*) exit 127 ;;
    *'unable to resolve'*) end 6 000 0 ;;
    *refused* | *'No route'* | *unreachable*) end 7 000 0 ;;
    *'timed out'*) end 28 000 0 ;;
    *'No data received'*) end 52 000 0 ;;
    *reset*) end 56 000 0 ;;
    *) end 8 000 0 ;;
  esac
fi
code=\${code#* }
code=\${code%%[!0-9]*}
printf '%s\\n' "$log" | while IFS= read -r line; do case $line in '  '*) printf '%s\\n' "\${line#  }" ;; esac; done
printf '\\n%s' "$body"
end 0 "\${code:-000}" "\${#body}"
`;

/** What wget writes as it is told: it tidies up paths, merges headers of one name, and takes an empty one for none. */
export function wgetCommand({ authority, http, ...probe }: Probe): readonly string[] | undefined {
  if (http?.method !== 'GET' || http.secrets.length > 0) return undefined;
  const words = programArguments({ ...probe, authority, http });
  const path = http.path.startsWith('/') ? http.path : `/${http.path}`;
  const names = http.headers.map(([name]) => name.toLowerCase());
  const isKept =
    /^\/[\w.~/?=&,+:@-]*$/.test(path) &&
    !/\/[./]/.test(path) &&
    new Set(names).size === names.length &&
    http.headers.every(([, value]) => value.trim() !== '' && value.trim() === value);
  if (!words || !isKept) return undefined;
  const headers = http.headers.map(([name, value]) => `--header=${name}: ${value}`);
  return ['sh', '-c', WGET, 'sh', words[2] ?? '', `http://${authority}${path}`, ...headers];
}
