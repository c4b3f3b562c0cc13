import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { homedir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { suggest } from '../../util/suggest.ts';
import { InputError } from '../input-error.ts';
import { redactText } from '../redact/redact-text.ts';

/** What a request needs besides its path. */
export interface Access {
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: http.Agent | undefined;
}

/** An API server and the user's way in: certificates, tokens, credential plugins, OIDC, proxies, as the kubeconfig says. */
export interface Connection {
  /** Of the context. */
  readonly name: string;
  access(): Promise<Access>;
  /** Reads the kubeconfig again and asks plugins again, unless somebody did since `stale` was given. */
  renew(stale: Access): Promise<void>;
  close(): void;
}

/** The name of the context where a pod reads its own cluster and there is no kubeconfig. */
const IN_CLUSTER = 'in-cluster';
/** A credential plugin that asks a person for something would otherwise wait for ever. */
const PLUGIN_MS = 60_000;
const IN_CLUSTER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Opens a context of the user's kubeconfig. Throws an InputError that says which there are. */
export function connect(context: string): Connection {
  const server = serverOf(loadKubeConfig(context), context);
  let current: Promise<Access> | undefined;
  const agents: http.Agent[] = [];
  const open = async (): Promise<Access> => {
    const config = loadKubeConfig(context);
    const options: https.RequestOptions = {};
    try {
      await withTimeout(config.applyToHTTPSOptions(options), PLUGIN_MS + 5000);
    } catch (error) {
      const [why = ''] = redactText(error instanceof Error ? error.message : String(error))
        .trim()
        .split('\n');
      throw new InputError(
        `context \`${context}\` gives no credentials${why ? `: ${why.slice(0, 200)}` : ''}`,
        `log in first, and check with: kubectl --context ${context} get namespaces`,
      );
    }
    const agent = keepAlive(options.agent);
    if (agent) agents.push(agent);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
    if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    return { base: server, headers, agent };
  };
  return {
    name: context,
    access() {
      current ??= open();
      return current;
    },
    async renew(stale) {
      if ((await current) === stale) current = open();
      await current;
    },
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

/** One connection for many requests. Agents for proxies are left as they are. */
function keepAlive(agent: unknown): http.Agent | undefined {
  if (!(agent instanceof http.Agent)) return undefined;
  if ([https.Agent, http.Agent].some((kind) => agent.constructor === kind)) {
    const options: unknown = Reflect.get(agent, 'options');
    Object.assign(agent, { keepAlive: true, options: { ...(options ?? {}), keepAlive: true } });
  }
  return agent;
}

/** The user's kubeconfig, set to a context of it. */
export function loadKubeConfig(context: string): KubeConfig {
  const config = new KubeConfig();
  const files = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean);
  const usual = path.join(homedir(), '.kube', 'config');
  const isInCluster = context === IN_CLUSTER && files.length === 0 && existsSync(IN_CLUSTER_TOKEN);
  if (isInCluster) {
    config.loadFromCluster();
    return config;
  }
  const missing = (files.length > 0 ? files : [usual]).find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new InputError(
      `there is no kubeconfig \`${missing}\``,
      `set KUBECONFIG; inside a pod use --context ${IN_CLUSTER}`,
    );
  try {
    config.loadFromDefault();
  } catch {
    // The parser's message may quote the file.
    const names = files.length > 0 ? files.join(', ') : usual;
    throw new InputError(`the kubeconfig \`${names}\` cannot be read`, 'check it with: kubectl config view');
  }
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    const near = suggest(context, known);
    const list = known.slice(0, 10).join(', ') || 'none';
    throw new InputError(
      `there is no context \`${context}\` in the kubeconfig`,
      near ? `did you mean \`${near}\`?` : `known: ${list}`,
    );
  }
  config.setCurrentContext(context);
  limitPlugins(config);
  return config;
}

function serverOf(config: KubeConfig, context: string): URL {
  const server = config.getCurrentCluster()?.server;
  try {
    return new URL(server ?? '');
  } catch {
    throw new InputError(`context \`${context}\` names no cluster with a server`, 'check it with: kubectl config view');
  }
}

/** Credential plugins run as kubectl runs them, with the description of the request in their environment, but not for ever. */
function limitPlugins(config: KubeConfig): void {
  const apiVersion: unknown = config.getCurrentUser()?.exec?.apiVersion;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const run = (
    command: string,
    args: readonly string[] = [],
    { env = process.env }: { env?: NodeJS.ProcessEnv } = {},
  ) => {
    const child = spawn(command, args, {
      env: { KUBERNETES_EXEC_INFO: JSON.stringify(info), ...env },
    });
    const late = setTimeout(() => child.kill('SIGKILL'), PLUGIN_MS);
    for (const end of ['error', 'exit'] as const) child.on(end, () => clearTimeout(late));
    child.stdin.on('error', () => undefined);
    child.stdin.end();
    child.on('exit', (_code, signal) => {
      // What it started may hold the pipes open.
      if (signal !== null) for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
    });
    return child;
  };
  const known: unknown = Reflect.get(config, 'authenticators');
  for (const auth of Array.isArray(known) ? known : [])
    if (auth instanceof ExecAuth) Object.assign(auth, { execFn: run });
}

async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer for ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
