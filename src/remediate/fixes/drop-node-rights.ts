import {
  ESCAPING_CAPABILITIES,
  isSensitive,
  lastingContainers,
  type NodeEscape,
  nodeEscapesOf,
} from '../../graph/attack/node-escape.ts';
import { podSpecOf, podSpecPath } from '../../graph/attack/pod-spec.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Path } from '../../model/resource.ts';
import { type Candidate, type Fix, nameOf, type Problem } from '../candidate.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import { isNodeAgent } from './node-agent.ts';

/**
 * A pod template that gives its node away: takes out all that does, since one way out of the container is as good as another. Folders of the node
 * that are dangerous to write only become read-only; sockets and folders with secrets are taken out. What runs on every node to serve the node
 * itself needs these rights, and is left alone.
 */
export const dropNodeRights: Fix = {
  id: 'drop-node-rights',
  propose(_facts, problem) {
    return guilty(problem)
      .filter((workload) => !isNodeAgent(workload))
      .flatMap((workload) => candidateFor(workload, editsFor(workload, problem)));
  },

  whyNot(_facts, problem) {
    const agent = guilty(problem).find(isNodeAgent);
    return agent
      ? `${agent.id} serves its nodes (network, storage or their observation) and needs its rights there: keep others out of namespace ${agent.namespace}, and its image up to date`
      : undefined;
  },
};

/** Workloads that the hops come from and whose own template is the cause. */
function guilty({ cause, hops }: Problem): readonly Workload[] {
  const found = hops.flatMap(({ from, how }) => {
    if (!how?.startsWith('node/')) return [];
    return from.kind === 'workload' ? [from.workload] : from.kind === 'node' ? [from.of] : [];
  });
  return [...new Set(found)].filter(
    ({ resource }) => resource.kind === cause.kind && nameOf(resource) === nameOf(cause),
  );
}

function editsFor(workload: Workload, { hops }: Problem): readonly FieldEdit[] {
  const spec = podSpecOf(workload);
  const at = (...field: Path): Path => podSpecPath(workload, ...field);
  const escapes = nodeEscapesOf(workload);
  const isByNetwork = hops.some(({ how, from }) => how === 'node/network' && from.kind === 'workload');
  const hostPaths = escapes.some(({ kind }) => kind === 'host-path');
  return [
    ...(isByNetwork && spec.hostNetwork ? [{ op: 'delete', path: at('hostNetwork') } as const] : []),
    ...(escapes.some(isOfProcesses) && spec.hostPID ? [{ op: 'delete', path: at('hostPID') } as const] : []),
    ...lastingContainers(spec).flatMap(({ container: { securityContext }, path }) => [
      ...(securityContext?.privileged
        ? [{ op: 'delete', path: at(...path, 'securityContext', 'privileged') } as const]
        : []),
      ...withoutCapabilities(
        securityContext?.capabilities?.add ?? [],
        at(...path, 'securityContext', 'capabilities', 'add'),
      ),
    ]),
    ...(hostPaths ? withoutFolders(workload) : []),
  ];
}

const isOfProcesses = ({ kind }: NodeEscape): boolean => kind === 'host-pid' || kind === 'capability';

function withoutCapabilities(added: readonly string[], path: Path): readonly FieldEdit[] {
  const left = added.filter((each) => !ESCAPING_CAPABILITIES.has(each.replace(/^CAP_/, '')));
  if (left.length === added.length) return [];
  return [left.length === 0 ? { op: 'delete', path } : { op: 'set', path, value: left }];
}

/** Deletions from the end, so that the numbers of the others stay. */
function withoutFolders(workload: Workload): readonly FieldEdit[] {
  const spec = podSpecOf(workload);
  const edits: FieldEdit[] = [];
  for (const [index, { name, hostPath }] of [...(spec.volumes ?? []).entries()].reverse()) {
    const folder = hostPath?.path?.replace(/(.)\/+$/, '$1');
    if (folder === undefined || !isSensitive(folder, true)) continue;
    const isReadable = !isSensitive(folder, false);
    for (const field of ['containers', 'initContainers'] as const) {
      for (const [place, { volumeMounts = [] }] of (spec[field] ?? []).entries()) {
        for (const [mount, each] of [...volumeMounts.entries()].reverse()) {
          if (each.name !== name) continue;
          const path = podSpecPath(workload, field, place, 'volumeMounts', mount);
          if (!isReadable) edits.push({ op: 'delete', path });
          else if (!each.readOnly) edits.push({ op: 'set', path: [...path, 'readOnly'], value: true });
        }
      }
    }
    if (!isReadable) edits.push({ op: 'delete', path: podSpecPath(workload, 'volumes', index) });
  }
  return edits;
}

function candidateFor(workload: Workload, edits: readonly FieldEdit[]): readonly Candidate[] {
  if (edits.length === 0) return [];
  const { resource, id } = workload;
  const escapes = nodeEscapesOf(workload);
  const what = [...new Set([...escapes.map(({ kind }) => WORDS[kind]), ...edits.flatMap(wordOf)])].join(', ');
  return [
    {
      id: `drop-node-rights ${resource.kind} ${nameOf(resource)}`,
      summary: `${id}: take away what gives it its node (${what})`,
      changes: [{ kind: 'edit', resource, edits }],
      destinations: [],
      senders: [workload],
      effort: 3,
      unknownCallers: [],
      unproven: [`whether ${id} works without: ${what}`],
      preconditions: [
        `a copy of ${id} in a test namespace has run with the new template, also what it does rarely (backups, restarts)`,
      ],
      sideEffects: [
        'its pods restart',
        ...(edits.some(({ path }) => path.includes('volumes'))
          ? ['what it finds in those folders of the node is no longer there for it']
          : []),
      ],
    },
  ];
}

const WORDS: Readonly<Record<NodeEscape['kind'], string>> = {
  privileged: 'privileged',
  capability: 'capabilities of the node',
  'host-path': 'folders of the node',
  'host-pid': 'hostPID',
};

const wordOf = ({ path }: FieldEdit): readonly string[] => (path.at(-1) === 'hostNetwork' ? ['hostNetwork'] : []);
