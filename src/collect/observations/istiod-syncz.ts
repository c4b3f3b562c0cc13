import type { SyncedProxy } from '../../model/observation/sync-status.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';
import { isObject } from '../../model/shape.ts';
import { textOf } from './json.ts';

/** istiod's `/debug/syncz`: which push each connected proxy has taken. Source: istio pilot/pkg/xds/debug.go (SyncStatus). */
export const istiodSyncz: Form = {
  kind: 'istiod-syncz',
  isMeant: (head) =>
    /^\s*\[\s*\{/.test(head) && /"proxy"\s*:/.test(head) && /"cluster_sent"\s*:|"proxy_type"\s*:/.test(head),
  read: readSyncz,
};

function readSyncz(text: string, from: From): ReadForm | Broken {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return {
      message: 'a sync status of istiod that is not whole: expected JSON to its end',
      help: 'read it again: istioctl x internal-debug syncz',
    };
  }
  const proxies = Array.isArray(list) ? list.flatMap(readProxy) : [];
  return { observations: [{ kind: 'istiod-syncz', ...from, proxies }] };
}

function readProxy(entry: unknown): readonly SyncedProxy[] {
  const id = isObject(entry) ? (textOf(entry.proxy) ?? '') : '';
  const dot = id.lastIndexOf('.');
  if (!isObject(entry) || dot <= 0) return [];
  const resources = isObject(entry.resources) ? Object.values(entry.resources).filter(isObject) : [];
  const istioVersion = textOf(entry.istio_version);
  const errors = resources.flatMap(({ lastError }) => textOf(lastError) ?? []).filter((error) => error !== '');
  const listeners = pushOf(textOf(entry.listener_acked));
  return [
    {
      pod: id.slice(0, dot),
      namespace: id.slice(dot + 1),
      ...(istioVersion === undefined ? {} : { istioVersion }),
      ...(listeners === undefined ? {} : { listeners }),
      errors,
      unanswered: errors.length > 0 ? [] : KINDS.filter((kind) => isUnanswered(entry, kind)),
      unsent: entry.proxy_type === 'sidecar' ? VITAL.filter((kind) => !textOf(entry[`${kind}_sent`])) : [],
    },
  ];
}

const KINDS = ['cluster', 'listener', 'route', 'endpoint'] as const;
/** Routes and endpoints are sent to those who ask for some. */
const VITAL = ['cluster', 'listener'] as const;

/** What `istioctl proxy-status` calls STALE. Source: istio istioctl/pkg/writer/pilot/status.go (xdsStatus). */
function isUnanswered(entry: Readonly<Record<string, unknown>>, kind: (typeof KINDS)[number]): boolean {
  const sent = textOf(entry[`${kind}_sent`]) ?? '';
  return sent !== '' && sent !== (textOf(entry[`${kind}_acked`]) ?? '');
}

/** A nonce is the version of the push and an UUID of its own. Source: istio pilot/pkg/xds/ads.go (nonce). */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const pushOf = (nonce: string | undefined): string | undefined =>
  nonce !== undefined && UUID.test(nonce) ? nonce.replace(UUID, '') : undefined;
