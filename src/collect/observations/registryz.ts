import type { KnownPort, KnownService } from '../../model/observation/known-services.ts';
import { isObject } from '../../model/shape.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';
import { listOf, textOf, textsOf } from './json.ts';

/** istiod's `/debug/registryz`: the services that it knows. Source: istio pilot/pkg/xds/debug.go (registryz), pilot/pkg/model/service.go. */
export const registryz: Form = {
  kind: 'istiod-registryz',
  isMeant: (head) => /^\s*\[\s*\{\s*"Attributes"\s*:\s*\{/.test(head) && head.includes('"ServiceRegistry"'),
  read: readRegistryz,
};

function readRegistryz(text: string, from: From): ReadForm | Broken {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return {
      message: 'the services that istiod knows (`registryz`) are not whole: expected JSON to its end',
      help: 'read it again: istioctl x internal-debug registryz',
    };
  }
  return { observations: [{ kind: 'istiod-services', ...from, services: listOf(list).flatMap(readService) }] };
}

function readService(entry: unknown): readonly KnownService[] {
  const attributes = isObject(entry) && isObject(entry.Attributes) ? entry.Attributes : {};
  const name = textOf(attributes.Name);
  const namespace = textOf(attributes.Namespace);
  if (!isObject(entry) || name === undefined || namespace === undefined) return [];
  if (attributes.ServiceRegistry !== 'Kubernetes') return [];
  const addresses = isObject(entry.clusterVIPs) ? entry.clusterVIPs.Addresses : undefined;
  if (isObject(addresses) && Object.keys(addresses).length > 1) return [{ namespace, name }];
  const says = { selector: textsOf(attributes.LabelSelectors), ports: listOf(entry.ports).flatMap(readPort) };
  return [{ namespace, name, says }];
}

function readPort(entry: unknown): readonly KnownPort[] {
  if (!isObject(entry) || typeof entry.port !== 'number') return [];
  return [{ name: textOf(entry.name) ?? '', port: entry.port, protocol: textOf(entry.protocol) ?? '' }];
}
