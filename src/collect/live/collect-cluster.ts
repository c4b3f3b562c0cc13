import pLimit from 'p-limit';
import type { ClusterManifest, Gap, ListRead } from '../bundle/manifest.ts';
import { InputError } from '../input-error.ts';
import { ApiError, type ApiClient, CredentialsError } from './api-client.ts';
import { type Discovery, discover } from './discover.ts';
import { ExchangeError } from './exchange.ts';
import { ForbiddenError } from './list-kind.ts';
import type { ObjectStore } from './object-store.ts';
import { readList, type ListJob, jobsFor } from './read-list.ts';
import { findSystemNamespaces, readMeshConfigMaps } from './mesh-config-maps.ts';

export interface CollectOptions {
  /** Only these, where the whole cluster may not be read. */
  readonly namespaces?: readonly string[];
  /** Lists that are read at a time. Each holds one page in memory. */
  readonly parallel?: number;
  /** Objects per page. */
  readonly page?: number;
  /** Told what is being read. */
  readonly onStep?: (what: string) => void;
  readonly now?: () => Date;
  /** Where an earlier run began that is now continued. */
  readonly startedAt?: string;
}

const PARALLEL = 6;
/** Lists in a row that bring nothing at all: the API server is gone, and the others need not be tried. */
const GONE = 3;

/** The result of one list. */
type Outcome = { readonly read: ListRead } | { readonly gap: Gap } | { readonly absent: string };

/**
 * Reads from a cluster what the model needs, and nothing else, into a store. What is forbidden or fails becomes a gap; credentials that are
 * refused, or an API server that no longer answers, end it with an InputError: what was read until then stays in the store.
 */
export async function collectCluster(
  client: ApiClient,
  store: ObjectStore,
  options: CollectOptions = {},
): Promise<ClusterManifest> {
  const { namespaces, now = () => new Date(), onStep = () => undefined } = options;
  const startedAt = options.startedAt ?? now().toISOString();
  onStep(`${client.name}: asking what there is`);
  const kubernetesVersion = await connectFirst(client, readVersion);
  const discovery = await connectFirst(client, discoverKinds);
  const jobs = jobsFor(discovery.served, namespaces);
  const outcomes = await readLists(client, jobs, store, options);
  const deployments = outcomes.flatMap((outcome) =>
    'read' in outcome && outcome.read.resource === 'deployments' ? [outcome.read] : [],
  );
  const systemNamespaces = await findSystemNamespaces(deployments, store);
  onStep(`${client.name}: mesh config`);
  for (const namespace of systemNamespaces) {
    outcomes.push(
      await attempt(client, { group: '', resource: 'configmaps', namespace }, () =>
        readMeshConfigMaps(client, namespace, store),
      ),
    );
  }
  const absent = [
    ...discovery.absent.map(({ group, kind }) => `${group}/${kind}`),
    ...outcomes.flatMap((outcome) => ('absent' in outcome ? [outcome.absent] : [])),
  ];
  const gaps = [
    ...discovery.unknown.map(
      ({ group, resource, why }): Gap => ({
        group,
        resource,
        reason: 'failed',
        why: `its API group does not answer: ${why}`,
      }),
    ),
    ...outcomes.flatMap((outcome) => ('gap' in outcome ? [outcome.gap] : [])),
  ];
  return {
    name: client.name,
    kubernetesVersion,
    startedAt,
    finishedAt: now().toISOString(),
    ...(namespaces === undefined ? {} : { namespaces: [...namespaces].sort() }),
    systemNamespaces: [...systemNamespaces],
    read: outcomes.flatMap((outcome) => ('read' in outcome ? [outcome.read] : [])).sort(byName),
    absent: [...new Set(absent)].sort(),
    gaps: gaps.sort(byName),
  };
}

const byName = (a: Gap | ListRead, b: Gap | ListRead): number => {
  const [left, right] = [a, b].map(({ group, resource, namespace = '' }) => `${group}/${resource}/${namespace}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
};

async function readLists(
  client: ApiClient,
  jobs: readonly ListJob[],
  store: ObjectStore,
  { parallel = PARALLEL, page, onStep = () => undefined }: CollectOptions,
): Promise<Outcome[]> {
  const limit = pLimit(parallel);
  let done = 0;
  let failedInARow = 0;
  const readOne = async (job: ListJob): Promise<Outcome> => {
    const known = store.find(job);
    const outcome: Outcome = known
      ? { read: known }
      : await attempt(client, job, () =>
          readList(client, job, store, {
            ...(page === undefined ? {} : { page }),
            onPage: (objects) =>
              onStep(`${client.name}: ${job.resource} ${objects} objects, ${done} of ${jobs.length} kinds done`),
          }),
        );
    done++;
    const isSilent = 'gap' in outcome && outcome.gap.reason === 'failed';
    failedInARow = isSilent ? failedInARow + 1 : 0;
    if (failedInARow >= GONE && 'gap' in outcome) throw noAnswer(client.name, outcome.gap.why);
    onStep(`${client.name}: ${done} of ${jobs.length} kinds done`);
    return outcome;
  };
  const running = new Set<Promise<Outcome>>();
  const tasks = jobs.map((job) =>
    limit(() => {
      const task = readOne(job);
      running.add(task);
      return task.finally(() => running.delete(task));
    }),
  );
  try {
    return await Promise.all(tasks);
  } catch (error) {
    // Nothing is asked for any more; what is under way ends before the store is left alone.
    limit.clearQueue();
    client.close();
    await Promise.allSettled(running);
    throw error;
  }
}

type Asked = Pick<ListJob, 'group' | 'resource' | 'namespace'> & { readonly kind?: string };

/** Runs one list; what it lacks is said by the outcome. */
async function attempt(client: ApiClient, asked: Asked, read: () => Promise<ListRead>): Promise<Outcome> {
  const { group, resource, namespace, kind } = asked;
  const gap = (reason: Gap['reason'], why: string, verbs: readonly string[] = []): Outcome => ({
    gap: {
      group,
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      reason,
      why,
      ...(verbs.length === 0 ? {} : { grant: { apiGroups: [group], resources: [resource], verbs: [...verbs] } }),
    },
  });
  try {
    return { read: await read() };
  } catch (error) {
    if (error instanceof CredentialsError) throw credentialsRefused(client.name);
    if (error instanceof ForbiddenError)
      return gap('forbidden', error.message, resource === 'configmaps' ? ['get', 'list'] : ['list']);
    if (error instanceof ApiError)
      return error.status === 404 && kind !== undefined
        ? { absent: `${group}/${kind}` }
        : gap('failed', `HTTP ${error.status}: ${error.message}`);
    if (error instanceof ExchangeError) return gap('failed', error.message);
    throw error;
  }
}

async function readVersion(client: ApiClient): Promise<string> {
  try {
    const { gitVersion } = await client.get('/version');
    return typeof gitVersion === 'string' ? gitVersion : 'unknown';
  } catch (error) {
    if (error instanceof ApiError) return 'unknown';
    throw error;
  }
}

const discoverKinds = (client: ApiClient): Promise<Discovery> => discover(client);

/** The first questions: what goes wrong here goes wrong for everything. */
async function connectFirst<T>(client: ApiClient, ask: (client: ApiClient) => Promise<T>): Promise<T> {
  try {
    return await ask(client);
  } catch (error) {
    if (error instanceof CredentialsError) throw credentialsRefused(client.name);
    if (error instanceof ApiError)
      throw new InputError(
        `the API server of context \`${client.name}\` does not say what it serves: ${error.message}`,
        'grant the ClusterRole system:discovery',
      );
    if (error instanceof ExchangeError) throw noAnswer(client.name, error.message);
    throw error;
  }
}

const credentialsRefused = (context: string): InputError =>
  new InputError(
    `the API server refuses the credentials of context \`${context}\` (401)`,
    `log in again, and check with: kubectl --context ${context} get namespaces`,
  );

const noAnswer = (context: string, why: string): InputError =>
  new InputError(
    `the API server of context \`${context}\` does not answer: ${why}`,
    `check it with: kubectl --context ${context} version`,
  );
