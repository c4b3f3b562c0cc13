import type { Sidecar } from '../../istio/sidecar.ts';
import type { Resources } from '../../resources.ts';
import { matchesLabels } from '../label-selection.ts';
import type { Member } from '../member.ts';
import { type PortProtocol, parseProtocol } from '../protocol.ts';

export interface SidecarListener extends PortProtocol {
  readonly port: number;
  readonly name?: string | undefined;
}

/**
 * The inbound listeners that a `Sidecar` gives to a workload; undefined where Services decide. One Sidecar counts: of its namespace one whose
 * selector takes it, else one without selector, else that of the root namespace; of several the oldest.
 * Source: istio pilot/pkg/model/push_context.go (doGetSidecarScope), reference §7, §1.2.
 */
export function readSidecarListeners(
  resources: Resources,
  rootNamespace: string,
): (member: Member) => readonly SidecarListener[] | undefined {
  if (resources.of('Sidecar').every(({ spec }) => !spec.ingress?.length)) return () => undefined;
  const inOrder = (namespace: string, cluster: string) =>
    [...resources.inNamespace('Sidecar', namespace, cluster)].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  return (member) => {
    const own = inOrder(member.namespace, member.cluster);
    const found =
      own.find(({ spec }) => selects(spec) && matchesLabels(spec.workloadSelector?.labels, member.labels)) ??
      own.find(({ spec }) => !selects(spec)) ??
      inOrder(rootNamespace, member.cluster).find(({ spec }) => !selects(spec));
    return found?.spec.ingress?.length ? found.spec.ingress.flatMap(toListener) : undefined;
  };
}

const selects = ({ workloadSelector }: Sidecar['spec']) => Object.keys(workloadSelector?.labels ?? {}).length > 0;

/** Objects without a time come in order of their names, as do those of one time. */
const orderOf = ({ creationTimestamp = '', name }: Sidecar) => `${creationTimestamp} ${name}`;

function toListener({ port }: NonNullable<Sidecar['spec']['ingress']>[number]): readonly SidecarListener[] {
  return port?.number === undefined ? [] : [{ port: port.number, name: port.name, ...parseProtocol(port.protocol) }];
}
