import type { Resources } from '../../resources.ts';
import type { LabelIndex } from '../label-selection.ts';
import { isMachine, type Member } from '../member.ts';
import { parseProtocol } from '../protocol.ts';
import { namespaceKey } from '../types.ts';
import type { ServiceClaim } from './claim.ts';

/**
 * What ServiceEntries with a `workloadSelector` say of the ports of the workloads that they select in their namespace. An entry's own
 * `ports` wins, by the name of the port (istio pilot/pkg/serviceregistry/serviceentry/conversion.go).
 */
export function claimServiceEntries(
  resources: Resources,
  indexes: ReadonlyMap<string, LabelIndex<Member>>,
): readonly (readonly [Member, ServiceClaim])[] {
  return resources.of('ServiceEntry').flatMap(({ cluster, namespace, name: entry, creationTimestamp, spec }) => {
    const selector = spec.workloadSelector?.labels;
    if (!selector || Object.keys(selector).length === 0) return [];
    const selected = indexes.get(namespaceKey(cluster, namespace))?.find(selector) ?? [];
    return selected.flatMap((member) =>
      (spec.ports ?? []).flatMap(({ number, name, targetPort, protocol }) => {
        if (number === undefined) return [];
        const own = isMachine(member) ? member.declared.find((each) => each.name === name)?.port : undefined;
        const claim: ServiceClaim = {
          source: `ServiceEntry ${namespace}/${entry}`,
          isService: false,
          translates: true,
          created: creationTimestamp,
          port: number,
          name,
          target: own ?? targetPort ?? number,
          transport: 'TCP',
          ...parseProtocol(protocol),
        };
        return [[member, claim] as const];
      }),
    );
  });
}
