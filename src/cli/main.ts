import { existsSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { PathInput } from '../collect/collect.ts';
import pkg from '../../package.json' with { type: 'json' };
import { reportError } from './errors.ts';
import { processOutput } from './output.ts';

/** Runs one command and returns its exit code: 0 nothing found, 1 findings or failures, 2 could not do it (design §3). */
export async function run(argv: string[]): Promise<number> {
  let code = 0;
  const program = makeProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error, processOutput({}));
  }
}

const FORMATS = ['terminal', 'json', 'markdown', 'html'];
const THRESHOLDS = ['critical', 'high', 'medium', 'low', 'never'];

const CONTEXT = 'a cluster of the kubeconfig, read now with the rights of its user; may be repeated';

const DUMPS = 'ask proxies what they run, one of each class of replicas, through the API server (pods/portforward)';

function makeProgram(finish: (code: number) => void): Command {
  const program = new Command('meshproof')
    .description('Audits an Istio service mesh: what it really enforces, proven.')
    .version(pkg.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(meshproof --help shows what there is)')
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 nothing at or above the threshold, 1 findings, 2 could not do it.');

  dumping(watching(common(program.command('audit'))))
    .description('read manifests and report what the mesh enforces')
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(FORMATS).default('terminal'))
    .option('--out <file>', 'write to a file, or format=file; may be repeated', collectValues, [])
    .addOption(new Option('--fail-on <severity>', 'exit 1 from this severity on').choices(THRESHOLDS).default('high'))
    .option('--rule <id>', 'show only findings of this rule; may be repeated', collectValues, [])
    .option('--skip <id>', 'do not show findings of this rule; may be repeated', collectValues, [])
    .option('--namespace <name>', 'show only findings about this namespace', collectValues, [])
    .option('--owner <name>', 'show only findings of this owner', collectValues, [])
    .option('--residual', 'show only what is open, and what settles it')
    .option('--baseline <file>', 'list findings that an earlier result has as known')
    .option('--write-baseline <file>', 'write the findings as a baseline')
    .option('--config <file>', 'configuration instead of the meshproof.yaml beside the input')
    .option('--default-namespace <name>', 'namespace of objects that name none')
    .option('--cluster <name=input>', 'an input of a named cluster; may be repeated', collectClusters, [])
    .option('--context <name>', CONTEXT, collectContexts, [])
    .option('--now <date>', 'judge dates against this day')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/audit.ts')).auditCommand(inputs, flags)),
    );

  asking(common(program.command('explain')))
    .description(
      'may A call B, and why: each step, the nearest request with the other verdict, what would have to change',
    )
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option(
      '--from <source>',
      'ns/workload, internet, principal:td/ns/N/sa/S, pod-outside-mesh, hostnetwork:ns/name, node or apiserver',
    )
    .option(
      '--to <destination>',
      'ns/workload:port, service:ns/name:port, gateway:ns/name:port, serviceentry:ns/name:port or external:IP:port',
    )
    .option('--method <method>', 'HTTP method (default GET)')
    .option('--path <path>', 'HTTP path, with query (default /)')
    .option('--host <host>', 'Host, or :authority')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/explain.ts')).explainCommand(inputs, flags)),
    );

  reading(common(program.command('reach')))
    .description('who can reach a workload, what a workload reaches: sets of callers and requests, each with a witness')
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--to <workload>', 'ns/workload or ns/workload:port: who may send what to it')
    .option('--from <source>', 'ns/workload or internet: what code in that place may send to whom')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/reach.ts')).reachCommand(inputs, flags)),
    );

  reading(common(program.command('paths')))
    .description('attack paths, ranked: hop by hop with a request that passes, what lets it pass, and what to change')
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--from <place>', 'internet, pod-outside-mesh, node-network, or ns/workload that was taken over')
    .option('--to <workload>', 'ns/workload that is attacked, or tier0: what holds the whole mesh')
    .option('--max <number>', 'how many to list (default 20, as JSON 1000)', parseCount)
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/paths.ts')).pathsCommand(inputs, flags)),
    );

  asking(common(program.command('why-denied')))
    .description(
      'what refused a request that a log line tells of, and the smallest safe change; the line from --log or stdin',
    )
    .argument('[input...]', 'files and folders of the mesh')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--log <line>', "an access-log line of Envoy (Istio's default format, text or JSON) or ztunnel")
    .option('--url <url>', 'instead of a log line: what was called')
    .option('--method <method>', 'with --url: the HTTP method (default GET)')
    .option('--code <code>', 'with --url: the HTTP status that came back', parseCode)
    .option('--from <source>', 'who called, where the line does not say: as for `explain`')
    .option('--to <destination>', 'where to, where the line does not say: as for `explain`')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/why-denied.ts')).whyDeniedCommand(inputs, flags)),
    );

  watching(reading(common(program.command('plan'))))
    .description(
      'the fewest changes that close the attack paths, each proven on the model; exit 1 when a HIGH or CRITICAL one stays open',
    )
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--step <id>', 'one step in full, by number or id; with --out and --write also those that it comes after')
    .option('--out <dir>', 'write patch files and new objects into a folder')
    .option('--write', 'edit the files of the input (asks first), then audit them again')
    .option('--yes', 'with --write: do not ask')
    .option('--accept-unknown-callers', 'with --write: also steps that close workloads whose callers nobody stated')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/plan.ts')).planCommand(inputs, flags)),
    );

  reading(common(program.command('contain')))
    .description(
      'incident: the smallest quarantine of a workload, proven on the model, with the calls that it costs; exit 1 when it does not stop all',
    )
    .argument('<workload>', 'ns/workload')
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--keep-dns', 'let its pods ask for names (and leak data that way)')
    .option('--out <dir>', 'write the objects, apply.sh and rollback.sh into a folder')
    .action(async (workload: string, inputs: string[], flags) =>
      finish(await (await import('./commands/contain.ts')).containCommand([workload, ...inputs], flags)),
    );

  dumping(reading(common(program.command('drift'))))
    .description('what runs against what is configured: dumps of proxies beside the manifests; exit 1 when they differ')
    .argument('[input...]', 'files and folders: manifests, and what was seen running (Envoy config_dump, …)')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option('--now <date>', 'what the age of evidence is measured against (default: the newest evidence)')
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/drift.ts')).driftCommand(inputs, flags)),
    );

  reading(common(program.command('diff')))
    .description('what a change opens and closes: requests with witnesses, findings; exit 1 when it opens something')
    .argument('[state...]', 'BASE and HEAD: files or folders; with --base only what is applied to it')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .action(async (states: string[], flags) =>
      finish(await (await import('./commands/diff.ts')).diffCommand(states, flags)),
    );

  reading(common(program.command('whatif')))
    .description('the same for a planned change; exit 1 when it opens something')
    .argument('[input...]', 'files, folders, evidence bundles, or - for stdin')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .option(
      '--set <change>',
      'pa=STRICT@ns, dataplane=ambient@ns, waypoint@ns, istio=1.31, enforce=ns/policy; may be repeated',
      collectValues,
      [],
    )
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/whatif.ts')).whatIfCommand(inputs, flags)),
    );

  watching(reading(common(program.command('dry-run'))))
    .description(
      'review of policies with istio.io/dry-run: who that was seen would be refused, ready or not; exit 1 unless all are ready',
    )
    .argument('[input...]', 'files and folders: manifests, results of Prometheus, access logs')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/dry-run.ts')).dryRunCommand(inputs, flags)),
    );

  watching(reading(common(program.command('wanted'))))
    .description('with --learn: writes the traffic that telemetry shows as a file of wanted flows, to review')
    .argument('[input...]', 'files and folders: manifests, results of Prometheus, access logs')
    .option('--learn', 'propose what succeeded on several days and does not cross upward')
    .option('--out <file>', 'write to a file; asks before it writes over one')
    .option('--yes', 'do not ask')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .action(async (inputs: string[], flags) =>
      finish(await (await import('./commands/wanted.ts')).wantedCommand(inputs, flags)),
    );

  common(program.command('test'))
    .description('run policy tests on the model')
    .argument('<suite...>', 'PolicyTest files, folders, or - for stdin; with --mutate also meshes without tests')
    .addOption(
      new Option('--format <format>', 'output format').choices(['terminal', 'json', 'junit']).default('terminal'),
    )
    .option('--out <file>', 'write to a file')
    .option('--mutate', 'put faults into the policies one by one: which does no test notice, and which test is missing')
    .option('--live', 'send the cases from pods that exist, with --context NAME; the results (--out) are evidence')
    .option('--context <name>', CONTEXT, collectContexts, [])
    .option('--probe-script <file>', 'write a shell script that sends the cases from pods that exist')
    .option('--unsafe-methods', 'with these: also methods that may change something (POST, PUT, PATCH, DELETE)')
    .option('--pause <seconds>', 'between two probes (default 1)', parseCount)
    .option('--yes', 'send the probes without asking')
    .action(async (suites: string[], flags) =>
      finish(await (await import('./commands/test.ts')).testCommand(suites, flags)),
    );

  common(program.command('collect'))
    .description('write an evidence bundle of a cluster: read-only, redacted, with what could not be read')
    .option('--context <name>', CONTEXT, collectContexts, [])
    .option('--namespace <name>', 'only this namespace, and what belongs to none; may be repeated', collectValues, [])
    .option('--out <file>', 'the bundle (default NAME.tar.gz)')
    .option('--resume', 'go on with a collection that was stopped')
    .option('--dumps', DUMPS)
    .option('--yes', 'dump proxies, and replace a bundle that is there already, without asking')
    .action(async (flags) => finish(await (await import('./commands/collect.ts')).collectCommand(flags)));

  common(program.command('rules'))
    .description('list the rules')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .action(async (flags) => finish(await (await import('./commands/rules.ts')).rulesCommand(flags)));

  common(program.command('rule'))
    .description('show the page of one rule')
    .argument('<id>', 'for example authz/allow-any')
    .addOption(new Option('--format <format>', 'output format').choices(['terminal', 'json']).default('terminal'))
    .action(async (id: string, flags) => finish(await (await import('./commands/rules.ts')).ruleCommand(id, flags)));

  return program;
}

function common(command: Command): Command {
  return command
    .exitOverride()
    .option('--quiet', 'no diagnostics and no progress')
    .option('--verbose', 'more of everything')
    .option('--no-color', 'no colours (also NO_COLOR=1)');
}

/** What may be said of a request, and of the mesh that it is asked of. */
function asking(command: Command): Command {
  return reading(command)
    .addOption(
      new Option(
        '--as <client>',
        'app: through its own proxy, as configured; attacker: any client in that place',
      ).choices(['app', 'attacker']),
    )
    .option('--header <name=value>', 'a header; may be repeated', collectValues, [])
    .option(
      '--claim <name=value>',
      'a claim of the token; `any`: a token that is accepted; may be repeated',
      collectValues,
      [],
    )
    .option('--sni <name>', 'server name of the TLS handshake')
    .option('--source-ip <address>', 'address that the connection comes from')
    .option('--container <name>', 'the container of the workload that sends; without: the application once it runs')
    .option('--plaintext', 'no TLS and no identity')
    .option('--tcp', 'the bytes are not HTTP')
    .option('--any-port', 'also ports that nothing in the input declares');
}

/** What is asked of proxies now. */
function dumping(command: Command): Command {
  return command.option('--dumps', `with --context: ${DUMPS}`).option('--yes', 'with --dumps: do not ask');
}

/** What was seen of the mesh. */
function watching(command: Command): Command {
  return command
    .option('--prometheus <url>', 'ask a Prometheus what was seen (token: MESHPROOF_PROMETHEUS_TOKEN)')
    .option('--window <days>', 'with --prometheus: how many days back, as 7d', parseDays, 7)
    .option('--prometheus-token-file <file>', 'with --prometheus: a file with the bearer token');
}

/** From where a mesh is read. */
function reading(command: Command): Command {
  return command
    .option(
      '--base <input>',
      'what the input is applied to: its objects replace or add to these; NAME=INPUT for a named cluster',
      collectBases,
      [],
    )
    .option('--prune', 'with --base: delete what the input leaves out, of kinds and namespaces that it has objects of')
    .option('--config <file>', 'configuration instead of the meshproof.yaml beside the input')
    .option('--default-namespace <name>', 'namespace of objects that name none')
    .option('--cluster <name=input>', 'an input of a named cluster; may be repeated', collectClusters, [])
    .option('--context <name>', CONTEXT, collectContexts, []);
}

function parseDays(text: string): number {
  if (!/^[1-9]\d{0,2}d?$/.test(text)) throw new InvalidArgumentError('give whole days, as 7d');
  return Number.parseInt(text, 10);
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('give a number from 1 on');
  return Number(text);
}

function parseCode(text: string): number {
  if (!/^[0-5]\d{0,2}$/.test(text)) throw new InvalidArgumentError('give an HTTP status, as 403');
  return Number(text);
}

/** `NAME=INPUT` for a named cluster, unless that is the name of a file. */
function collectBases(value: string, previous: PathInput[]): PathInput[] {
  const at = value.indexOf('=');
  const isNamed = at > 0 && at < value.length - 1 && !existsSync(value);
  return [...previous, isNamed ? { cluster: value.slice(0, at), path: value.slice(at + 1) } : { path: value }];
}

const collectContexts = (context: string, previous: { context: string }[]): { context: string }[] => [
  ...previous,
  { context },
];

const collectValues = (value: string, previous: string[]): string[] => [...previous, value];

function collectClusters(
  value: string,
  previous: { cluster: string; path: string }[],
): { cluster: string; path: string }[] {
  const at = value.indexOf('=');
  if (at < 1 || at === value.length - 1) throw new InvalidArgumentError('give it as NAME=INPUT');
  return [...previous, { cluster: value.slice(0, at), path: value.slice(at + 1) }];
}
