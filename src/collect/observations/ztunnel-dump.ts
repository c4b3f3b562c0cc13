import type { LoadedCertificate } from '../../model/observation/envoy-dump.ts';
import type { ZtunnelDump } from '../../model/observation/ambient-state.ts';
import { isObject } from '../../model/shape.ts';
import { skipValue } from '../json/positions.ts';
import { memberAt, readState } from './ambient-json.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';
import { listOf, textOf } from './json.ts';

/** ztunnel's `/config_dump`. Source: ztunnel src/admin.rs (ConfigDump), src/state/workload.rs, src/rbac.rs, src/inpod/admin.rs. */
export const ztunnelDump: Form = { kind: 'ztunnel-config-dump', isMeant, read: readZtunnelDump };

const STARTS = /^\s*\{\s*"(certificates|config|policies|services|staticConfig|version|workloadState|workloads)"\s*:/;

/** Its members come in any order, the longest first; what no other document has is the way in which its workloads are written. */
function isMeant(head: string, text: string): boolean {
  if (!STARTS.test(head)) return false;
  if (/"workloadIps"\s*:/.test(head)) return true;
  const workloads = memberAt(text, 'workloads');
  if (workloads === undefined) return false;
  if (/"workloadIps"\s*:/.test(text.slice(workloads, workloads + 2048))) return true;
  return (
    text[workloads] === '[' && memberAt(text, 'certificates') !== undefined && memberAt(text, 'policies') !== undefined
  );
}

function readZtunnelDump(text: string, from: From): ReadForm | Broken {
  const state = readState(text);
  if (!state) {
    return {
      message: 'a configuration dump of ztunnel that is not whole: expected JSON to its end',
      help: 'dump it again: what is missing must not pass for what ztunnel lacks',
    };
  }
  const workloads = memberAt(text, 'workloads');
  if (workloads === undefined || text[workloads] !== '[') {
    return {
      message: 'a configuration dump of ztunnel without a list of `workloads`: expected that of ztunnel 1.24 or later',
      help: 'kubectl port-forward -n istio-system ZTUNNEL-POD 15000, then curl localhost:15000/config_dump',
    };
  }
  const version = versionOf(partOf(text, 'version'));
  const config = partOf(text, 'config');
  const node = isObject(config) ? textOf(config.localNode) : undefined;
  const served = servedBy(partOf(text, 'workloadState'));
  const dump: ZtunnelDump = {
    kind: 'ztunnel-config-dump',
    ...from,
    ...(version === undefined ? {} : { version }),
    ...(node === undefined || node === '' ? {} : { node }),
    ...(served ? { served } : {}),
    ...state,
    certificates: certificatesOf(partOf(text, 'certificates')),
  };
  const left = state.policies
    ? []
    : ['the dump of ztunnel has no `policies`: what is captured is read of it, and not what it enforces'];
  return { observations: [dump], left };
}

function partOf(text: string, name: string): unknown {
  const at = memberAt(text, name);
  if (at === undefined) return undefined;
  try {
    return JSON.parse(text.slice(at, skipValue(text, at)));
  } catch {
    return undefined;
  }
}

/** `{version: "1.29.0", …}`; a text where a tool wrote it. */
function versionOf(value: unknown): string | undefined {
  const written = isObject(value) ? (textOf(value.version) ?? textOf(value.gitTag)) : textOf(value);
  return /^\d+\.\d+/.test(written ?? '') ? written : undefined;
}

/** Pods in whose network it has its listeners up. Without their names nothing is said of any. */
function servedBy(state: unknown): ReadonlySet<string> | undefined {
  if (!isObject(state)) return undefined;
  const served = new Set<string>();
  for (const each of Object.values(state)) {
    const info = isObject(each) && isObject(each.info) ? each.info : undefined;
    if (!isObject(each) || !info) return undefined;
    if (each.state === 'Up') served.add(`${textOf(info.namespace)}/${textOf(info.name)}`);
  }
  return served;
}

/** The workload's own certificate of each identity; bodies are left behind. */
function certificatesOf(value: unknown): readonly LoadedCertificate[] {
  return listOf(value).flatMap((entry) => {
    const identity = isObject(entry) ? textOf(entry.identity) : undefined;
    if (!isObject(entry) || identity === undefined) return [];
    const [own] = listOf(entry.certChain).filter(isObject);
    const validFrom = textOf(own?.validFrom);
    const validTo = textOf(own?.expirationTime);
    return [
      {
        name: 'default',
        identities: [identity],
        ...(validFrom === undefined ? {} : { validFrom }),
        ...(validTo === undefined ? {} : { validTo }),
      },
    ];
  });
}
