import type { AuditResult, PortResult, WorkloadResult } from '../../result/types.ts';
import { mtlsText, portTotals, postureText, principalShortener, reachedBy } from '../port-text.ts';
import { byName, count, fewOf, number, place } from '../wording.ts';
import { bullets, code, prose, table } from './syntax.ts';
import { routeAccess } from '../route-access.ts';

const namedIdentities = 20;

/** Every workload port: data plane, effective mTLS, authorization, and who can reach it. */
export function inventory(result: AuditResult): string[] {
  const { workloads, gateways, identities, externalHosts } = result.inventory;
  const short = principalShortener(result);
  const totals = portTotals(result);
  const shares = (rows: [string, number][]) => rows.map(([what, amount]) => `${what} ${number(amount)}`).join(' · ');
  const shared = identities.filter((identity) => identity.workloads.length > 1);
  return [
    '## Protection inventory',
    ...(workloads.length === 0 ? ['The input holds no workload.'] : []),
    ...(totals.ports > 0
      ? bullets([
          `mTLS of ${count(totals.ports, 'workload port')}: ${shares(totals.mtls)}`,
          `Authorization: ${shares(totals.posture)}`,
          `Reached by: ${shares(totals.reach) || 'named identities only'}`,
        ])
      : []),
    ...table(
      ['Workload', 'Data plane', 'Port', 'mTLS', 'Authorization', 'Who can reach it'],
      workloads.flatMap((workload) => workloadRows(workload, short)),
    ),
    ...(shared.length > 0
      ? [
          '### Shared identities',
          ...bullets(
            shared.map(
              ({ principal, workloads: holders, clusters = [] }) =>
                `${code(principal)}: ${fewOf(holders.map(code), namedIdentities)}${
                  clusters.length > 1 ? ` (one identity in clusters ${clusters.map(code).join(', ')})` : ''
                }`,
            ),
          ),
        ]
      : []),
    ...(gateways.length > 0
      ? ['### Gateways', ...table(['Gateway', 'Exposed to', 'Listeners', 'Routes'], gateways.map(gatewayRow))]
      : []),
    ...(externalHosts.length > 0 ? ['### External hosts', ...bullets(externalHosts.map(code))] : []),
  ];
}

function workloadRows(workload: WorkloadResult, short: (principal: string) => string): string[][] {
  const { dataPlane, sensitivity, owner } = workload;
  const name = [
    `${code(workload.id)} ${prose(workload.kind)}`,
    ...(sensitivity ? [`${sensitivity.level}: ${prose(sensitivity.why)}`] : []),
    ...(owner ? [`owner ${prose(owner)}`] : []),
    code(place(workload.location)),
  ].join('<br>');
  const plane = `${dataPlane.kind} (${dataPlane.status})<br>${prose(dataPlane.why)}${dataPlane.verifiedBy ? `<br>${prose(dataPlane.verifiedBy)}` : ''}`;
  if (workload.ports.length === 0) return [[name, plane, 'none', '', '', '']];
  return workload.ports.map((port, index) => [
    index === 0 ? name : code(workload.id),
    index === 0 ? plane : dataPlane.kind,
    ...portCells(port, short),
  ]);
}

function portCells(port: PortResult, short: (principal: string) => string): string[] {
  const { mtls, authorization, exposure } = port;
  const reach = [
    ...reachedBy(port),
    ...(exposure.identities.length > 0 ? [fewOf(exposure.identities.map(short).map(code), namedIdentities)] : []),
  ];
  return [
    `${port.port} ${prose(port.protocol)}`,
    `${mtlsText(port)}${mtls.by ? `<br>${code(byName(mtls.by))}` : ''}`,
    `${postureText(port)}${authorization.policies.length > 0 ? `<br>${fewOf(authorization.policies.map(byName).map(code), namedIdentities)}` : ''}`,
    reach.join('<br>') || 'nobody',
  ];
}

function gatewayRow({
  workload,
  kind,
  exposed,
  why,
  listeners,
  routes,
}: AuditResult['inventory']['gateways'][number]): string[] {
  return [
    `${code(workload)} (${kind})`,
    `${exposed}<br>${prose(why)}`,
    listeners
      .map(
        ({ port, protocol, hosts, tls }) => `${port} ${prose(protocol)} ${hosts.map(code).join(', ')}: ${prose(tls)}`,
      )
      .join('<br>'),
    routes
      .map(
        ({ hosts, match, to, access }) =>
          `${hosts.map(code).join(', ')} ${prose(match)} → ${code(to)}: ${prose(routeAccess(access))}`,
      )
      .join('<br>'),
  ];
}
