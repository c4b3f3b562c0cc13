import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, map, number, object, oneOf, string, text } from '../shape.ts';
import { workloadEntrySpec } from './workload-entry.ts';

const strings = list(string);
const servicePort = object({ number, protocol: string, name: string, targetPort: number }, { strict: true });

export const serviceEntry = defineKind({
  name: 'ServiceEntry',
  kind: 'ServiceEntry',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      hosts: strings,
      addresses: strings,
      ports: list(servicePort),
      location: oneOf('MESH_EXTERNAL', 'MESH_INTERNAL'),
      resolution: oneOf('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'),
      endpoints: list(workloadEntrySpec),
      workloadSelector: object({ labels: map(text) }, { strict: true }),
      exportTo: strings,
      subjectAltNames: strings,
    },
    { strict: true },
  ),
});

export type ServiceEntry = ResourceOf<typeof serviceEntry>;
export type ServiceEntryPort = Infer<typeof servicePort>;
