import type { EnvoyDump, EnvoyJson, LoadedListener, RejectedConfig } from '../../model/observation/envoy-dump.ts';
import { findJsonValue, isClosed, jsonItems, skipValue } from '../json/positions.ts';
import { readCertificates } from './certificates.ts';
import { readNode } from './envoy-node.ts';
import { readRoutes } from './envoy-routes.ts';
import { isObject } from '../../model/shape.ts';
import { textOf } from './json.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';

/**
 * Envoy's `/config_dump`: a list of sections, of which some are very large and say nothing here (endpoints, routes to others). Each part that
 * is needed is cut out of the text and parsed by itself, so that a dump of 100 MB costs what its listeners cost.
 */
export const envoyDump: Form = {
  kind: 'envoy-config-dump',
  isMeant: (head) =>
    head.startsWith(UNPRINTABLE) ||
    (/^\s*\{/.test(head) && /"configs"\s*:\s*\[/.test(head) && head.includes('envoy.admin.v3.')),
  read: readEnvoyDump,
};

/** What Envoy answers in place of a dump, with status 200, where it was sent a type that its build does not have. */
const UNPRINTABLE = 'Failed to convert protobuf message to JSON string';

const SECTION = /"@type"\s*:\s*"type\.googleapis\.com\/envoy\.admin\.v3\.(\w+)"/;

function readEnvoyDump(text: string, from: From): ReadForm | Broken {
  if (text.startsWith(UNPRINTABLE)) {
    const [, type = 'a type'] = /could not find @type '(?:[^'/]*\/)?([^']+)'/.exec(text) ?? [];
    return {
      message: `no Envoy configuration dump: the proxy was sent \`${type}\`, which its build does not have and cannot print`,
      help: "istiod's /debug/syncz says what the proxy rejected: istioctl x internal-debug syncz",
    };
  }
  if (!isClosed(text, 0)) {
    return {
      message: 'an Envoy configuration dump that is not whole: expected JSON to its end',
      help: 'dump it again: what is missing must not pass for what the proxy lacks',
    };
  }
  const sections = sectionsOf(text);
  const bootstrap = parsed(text, sections.get('BootstrapConfigDump'), ['bootstrap', 'node']);
  if (!isObject(bootstrap)) {
    return {
      message: 'an Envoy configuration dump without its bootstrap: expected whose proxy it is (`node`)',
      help: 'dump it whole: istioctl proxy-config all POD -n NAMESPACE -o json, or curl localhost:15000/config_dump',
    };
  }
  const proxy = readNode(bootstrap);
  if (typeof proxy === 'string') return { message: proxy, help: 'dump the proxy of a pod of the mesh' };
  const start = sections.get('ListenersConfigDump');
  if (start === undefined) {
    return {
      message: `the dump of ${proxy.namespace}/${proxy.pod} holds no listeners: expected what its proxy takes in`,
      help: 'dump it whole: curl localhost:15000/config_dump',
    };
  }
  const rejected: RejectedConfig[] = [];
  const listeners: LoadedListener[] = [];
  for (const at of itemsOf(text, start, 'dynamic_listeners')) {
    readListener(text, at, proxy.type, { listeners, rejected });
  }
  for (const list of ['dynamic_active_clusters', 'dynamic_warming_clusters']) {
    const clusters = sections.get('ClustersConfigDump');
    if (clusters !== undefined) readRejected(text, itemsOf(text, clusters, list), rejected);
  }
  const routes = proxy.type === 'router' ? sections.get('RoutesConfigDump') : undefined;
  const secrets = sections.get('SecretsConfigDump');
  const updated = newest([...listeners.map(({ updated }) => updated), ...rejected.map((each) => each.at)]);
  const dump: EnvoyDump = {
    kind: 'envoy-config-dump',
    ...from,
    ...(updated === undefined ? {} : { updated }),
    proxy,
    listeners,
    ...(routes === undefined
      ? {}
      : {
          routes: itemsOf(text, routes, 'dynamic_route_configs').flatMap((item) =>
            readRoutes(valueAt(text, findJsonValue(text, item, ['route_config']))),
          ),
        }),
    rejected,
    certificates:
      secrets === undefined
        ? []
        : readCertificates(itemsOf(text, secrets, 'dynamic_active_secrets').map((item) => valueAt(text, item))),
  };
  return { observations: [dump] };
}

/** Where each section starts, by its type. */
function sectionsOf(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const list = findJsonValue(text, 0, ['configs']);
  for (const at of jsonItems(text, list)) {
    const type = SECTION.exec(text.slice(at, at + 300))?.[1];
    if (type !== undefined) found.set(type, at);
  }
  return found;
}

function itemsOf(text: string, section: number, list: string): readonly number[] {
  const at = findJsonValue(text, section, [list]);
  return text[at] === '[' ? jsonItems(text, at) : [];
}

function valueAt(text: string, at: number): unknown {
  try {
    return JSON.parse(text.slice(at, skipValue(text, at)));
  } catch {
    return undefined;
  }
}

function parsed(text: string, section: number | undefined, path: readonly string[]): unknown {
  return section === undefined ? undefined : valueAt(text, findJsonValue(text, section, path));
}

interface Found {
  readonly listeners: LoadedListener[];
  readonly rejected: RejectedConfig[];
}

/** Listeners for what leaves the pod are not kept: they are the client's own affair, and there are many. */
function readListener(text: string, at: number, type: EnvoyDump['proxy']['type'], into: Found): void {
  const name = textOf(valueAt(text, findJsonValue(text, at, ['name']))) ?? '';
  const state = findJsonValue(text, at, ['active_state']);
  const isActive = /^\s*\{/.test(text.slice(state, state + 1)) && state !== at;
  const error = findJsonValue(text, at, ['error_state']);
  if (error !== at) {
    const details = textOf(valueAt(text, findJsonValue(text, error, ['details'])));
    const last = textOf(valueAt(text, findJsonValue(text, error, ['last_update_attempt'])));
    // Envoy lists what it never had once more, by its configuration alone.
    const failed = textOf(valueAt(text, findJsonValue(text, error, ['failed_configuration', 'name'])));
    const what = `listener ${name || failed || 'without a name'}`;
    if (into.rejected.some((known) => known.what === what && known.details === details)) return;
    into.rejected.push({
      what,
      details: details ?? 'no reason given',
      ...(last === undefined ? {} : { at: last }),
      keepsOld: isActive,
    });
  }
  if (!isActive || (type === 'sidecar' && name !== 'virtualInbound')) return;
  const config = valueAt(text, findJsonValue(text, state, ['listener']));
  const updated = textOf(valueAt(text, findJsonValue(text, state, ['last_updated'])));
  if (isObject(config)) into.listeners.push({ name, config, ...(updated === undefined ? {} : { updated }) });
}

function readRejected(text: string, items: readonly number[], into: RejectedConfig[]): void {
  for (const at of items) {
    const error = findJsonValue(text, at, ['error_state']);
    if (error === at) continue;
    const state = valueAt(text, error) as EnvoyJson | undefined;
    const name = textOf(valueAt(text, findJsonValue(text, at, ['cluster', 'name']))) ?? 'cluster';
    const last = textOf(state?.last_update_attempt);
    into.push({
      what: `cluster ${name}`,
      details: textOf(state?.details) ?? 'no reason given',
      ...(last === undefined ? {} : { at: last }),
      keepsOld: true,
    });
  }
}

function newest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}
