import { any, boolean, type Infer, list, object, string } from '../shape.ts';

/** What matters of the Helm values of an Istio installation; the rest is dropped. */
export const installValues = object({
  revision: string,
  profile: string,
  meshConfig: any,
  global: object({
    istioNamespace: string,
    tag: any,
    hub: string,
    meshID: string,
    network: string,
    multiCluster: object({ clusterName: string }),
    /** Capture settings, as the annotations `traffic.sidecar.istio.io/*`. */
    proxy: object({
      includeIPRanges: string,
      excludeIPRanges: string,
      includeInboundPorts: string,
      excludeInboundPorts: string,
      includeOutboundPorts: string,
      excludeOutboundPorts: string,
      autoInject: string,
      privileged: boolean,
    }),
  }),
  pilot: object({
    tag: any,
    env: any,
    cni: object({ enabled: boolean }),
    trustedZtunnelNamespace: string,
  }),
  sidecarInjectorWebhook: object({
    enableNamespacesByDefault: boolean,
    rewriteAppHTTPProbe: boolean,
    neverInjectSelector: any,
    alwaysInjectSelector: any,
  }),
  istio_cni: object({ enabled: boolean }),
  revisionTags: list(string),
});

export type InstallValues = Infer<typeof installValues>;
