import { TRAILER } from './curl-command.ts';
import type { Probe } from './probe.ts';
import { programArguments } from './program-arguments.ts';

/** With nothing but builtins, but for the clock of the connection. A NUL ends what is read, so that it counts as a byte. */
export const BASH = `host=$1 port=$2 seconds=$3 clock=
LC_ALL=C
end() { printf '\\n${TRAILER} 000 %d\\n' "$2"; [ -z "$clock" ] || kill "$clock" 2>/dev/null; exit "$1"; }
trap 'end 28 0' ALRM
{ sleep "$seconds" && kill -ALRM $$; } </dev/null >/dev/null 2>&1 &
clock=$!
if ! exec 3<>"/dev/tcp/$host/$port"; then
  case $( { : 3<>"/dev/tcp/$host/$port"; } 2>&1) in
    *refused* | *unreachable* | *'No route'*) end 7 0 ;;
    *'timed out'*) end 28 0 ;;
    *'not known'* | *'name resolution'* | *'No address'*) end 6 0 ;;
    *) kill "$clock" 2>/dev/null; exit 127 ;;
  esac
fi 2>/dev/null
printf '\\r\\n' >&3
IFS= read -r -t "$seconds" -n 1 -d '' byte <&3
case $? in 0) end 0 1 ;; 1) end 0 0 ;; *) end 28 0 ;; esac
`;

/** Bytes over TCP alone; a bash that was built without /dev/tcp counts as none. */
export function bashCommand(probe: Probe): readonly string[] | undefined {
  const words = probe.http === undefined ? programArguments(probe) : undefined;
  return words && ['bash', '-c', BASH, 'bash', ...words.slice(0, 3)];
}
