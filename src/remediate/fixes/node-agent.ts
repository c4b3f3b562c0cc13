import { podSpecOf } from '../../graph/attack/pod-spec.ts';
import { isMachinery } from '../../graph/machinery.ts';
import type { Workload } from '../../model/inventory/types.ts';

/** What serves the network, the storage or the observation of nodes, by the names that such agents go by. */
const NAMES =
  /(^|[-/.])(cni|csi|calico|canal|cilium|flannel|weave|antrea|multus|kube-proxy|kube-router|ztunnel|node-exporter|node-problem-detector|nodelocaldns|node-local-dns|device-plugin|gpu-operator|nvidia|fluent-?(bit|d)|filebeat|promtail|alloy|vector|datadog|falco|tetragon|longhorn|rook|metallb|speaker)([-/.:@]|$)/i;

/** Folders in which the kubelet looks for plugins of networks and storage. */
const PLUGINS =
  /^\/(opt\/cni|etc\/cni|var\/lib\/kubelet\/(plugins|plugins_registry|device-plugins)|var\/lib\/cni)(\/|$)/;

/** A DaemonSet that is there for the nodes themselves and cannot do its work inside a container's walls. */
export function isNodeAgent(workload: Workload): boolean {
  if (isMachinery(workload)) return true;
  if (workload.kind !== 'DaemonSet') return false;
  const mounted = podSpecOf(workload).volumes?.some(({ hostPath }) => PLUGINS.test(hostPath?.path ?? '')) ?? false;
  return mounted || [workload.name, ...workload.containers.map(({ image }) => image)].some((each) => NAMES.test(each));
}
