import type { Mesh } from '../../model/inventory/types.ts';

export interface Cloud {
  readonly name: 'AWS' | 'Google Cloud' | 'Azure';
  /** What says so: `Node a`. */
  readonly sign: string;
  /** Pods are answered by a server of their own, which does not give away the credentials of the node. */
  readonly keepsFromPods: boolean;
}

/** What nodes and service accounts carry on each cloud. Source: providers' documentation of node labels and workload identity. */
const CLOUDS: readonly { readonly name: Cloud['name']; readonly provider: RegExp; readonly keys: RegExp }[] = [
  { name: 'AWS', provider: /^aws:/, keys: /^(eks\.amazonaws\.com|alpha\.eksctl\.io|k8s\.amazonaws\.com)\// },
  { name: 'Google Cloud', provider: /^gce:/, keys: /^(cloud\.google\.com\/gke-|iam\.gke\.io\/)/ },
  { name: 'Azure', provider: /^azure:/, keys: /^(kubernetes\.azure\.com|azure\.workload\.identity)\// },
];

const OWN_SERVER = 'iam.gke.io/gke-metadata-server-enabled';

/** The cloud that a cluster runs on, where its nodes or service accounts say so; undefined: nothing does. */
export function cloudOf({ resources }: Mesh, cluster: string): Cloud | undefined {
  const nodes = resources.of('Node').filter((node) => node.cluster === cluster);
  const keepsFromPods = nodes.length > 0 && nodes.every(({ labels }) => labels[OWN_SERVER] === 'true');
  for (const { name, provider, keys } of CLOUDS) {
    const node = nodes.find(
      ({ spec, labels }) => provider.test(spec.providerID ?? '') || Object.keys(labels).some((key) => keys.test(key)),
    );
    if (node) return { name, sign: `Node ${node.name}`, keepsFromPods };
    const account = resources
      .of('ServiceAccount')
      .find(
        (each) =>
          each.cluster === cluster &&
          Object.keys({ ...each.annotations, ...each.labels }).some((key) => keys.test(key)),
      );
    if (account) return { name, sign: `ServiceAccount ${account.namespace}/${account.name}`, keepsFromPods };
  }
  return undefined;
}
