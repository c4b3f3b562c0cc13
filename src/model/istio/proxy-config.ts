import { defineKind, type ResourceOf } from '../kind.ts';
import { map, number, object, string, text } from '../shape.ts';
import { workloadSelector } from './selector.ts';

export const proxyConfig = defineKind({
  name: 'ProxyConfig',
  kind: 'ProxyConfig',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      selector: workloadSelector,
      concurrency: number,
      environmentVariables: map(text),
      image: object({ imageType: string }, { strict: true }),
    },
    { strict: true },
  ),
});

export type ProxyConfig = ResourceOf<typeof proxyConfig>;
