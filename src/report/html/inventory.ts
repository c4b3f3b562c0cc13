import type { AuditResult, PortResult, WorkloadResult } from '../../result/types.ts';
import { mtlsText, mtlsTone, portTotals, postureText, postureTone, principalShortener, reachedBy } from '../port-text.ts';
import { requestLine } from '../request-text.ts';
import { byName, count, number, place } from '../wording.ts';
import { at, bullets, code, decidedBy, folded, scrolling, table, tone } from './marks.ts';
import { type Content, type Html, html, joined, prose } from './syntax.ts';

/** Rows that are shown unfolded; what is beyond folds by namespace. */
const openRows = 200;
/** Named callers of one port; the result as JSON has all. */
const shownIdentities = 50;
const filterFrom = 10;

/** Every workload port: data plane, effective mTLS, authorization, and who can reach it. */
export function inventory(result: AuditResult): Html {
  const { workloads, gateways, identities, externalHosts } = result.inventory;
  const shared = identities.filter((identity) => identity.workloads.length > 1);
  const filter = html`<p class="filter" hidden><label for="filter">Filter workloads</label><input id="filter" type="search" autocomplete="off" placeholder="name, namespace, PERMISSIVE, internet …"><span id="filter-count" role="status" class="muted small"></span></p>`;
  return html`<section id="inventory" aria-labelledby="inventory-title"><h2 id="inventory-title">Protection inventory</h2>
${workloads.length === 0 && html`<p>The input holds no workload.</p>`}${totals(result)}
${workloads.length >= filterFrom && filter}
${namespaces(result)}
${shared.length > 0 && html`<h3>Shared identities</h3>${bullets(shared.map(({ principal, workloads: holders }) => html`${code(principal)}: ${joined(holders.map(code), ', ')}`))}`}
${gateways.length > 0 && html`<h3>Gateways</h3>${table('Gateways', ['Gateway', 'Exposed to', 'Listeners', 'Routes'], gateways.map(gatewayRow))}`}
${externalHosts.length > 0 && html`<h3>External hosts</h3>${bullets(externalHosts.map(code))}`}
</section>`;
}

function totals(result: AuditResult): Content {
  const { ports, mtls, posture, reach } = portTotals(result);
  if (ports === 0) return undefined;
  const shares = (rows: [string, number][]) => rows.map(([what, amount]) => `${what} ${number(amount)}`).join(' · ');
  return bullets([
    html`mTLS of ${count(ports, 'workload port')}: ${shares(mtls)}`,
    html`authorization: ${shares(posture)}`,
    html`reached by: ${shares(reach) || 'named identities only'}`,
  ]);
}

function namespaces(result: AuditResult): Html[] {
  const severalClusters = result.inventory.clusters.length > 1;
  const short = principalShortener(result);
  const groups = new Map<string, WorkloadResult[]>();
  for (const workload of result.inventory.workloads) {
    const name = `${severalClusters ? `${workload.cluster}:` : ''}${workload.namespace}`;
    const group = groups.get(name);
    if (group) group.push(workload);
    else groups.set(name, [workload]);
  }
  let left = openRows;
  return Array.from(groups, ([name, workloads]) => {
    const shown: WorkloadResult[] = [];
    for (const workload of workloads) {
      if (left <= 0) break;
      left -= Math.max(1, workload.ports.length);
      shown.push(workload);
    }
    const rest = workloads.slice(shown.length);
    const restTitle = shown.length > 0 ? count(rest.length, 'further workload') : count(rest.length, 'workload');
    return html`<div class="namespace"><h3>${name}</h3>
${shown.length > 0 && portTable(name, shown, short)}
${rest.length > 0 && html`<details class="rows"><summary>${restTitle}</summary>${portTable(`${name}, folded`, rest, short)}</details>`}</div>`;
  });
}

function portTable(name: string, workloads: readonly WorkloadResult[], short: (principal: string) => string): Html {
  return scrolling(
    `Workloads of ${name}`,
    html`<table class="ports"><caption class="unseen">Workloads of ${name}</caption><colgroup><col class="w"><col class="d"><col class="p"><col class="m"><col class="a"><col></colgroup><thead><tr><th scope="col">Workload</th><th scope="col">Data plane</th><th scope="col">Port</th><th scope="col">mTLS</th><th scope="col">Authorization</th><th scope="col">Who can reach it</th></tr></thead>${workloads.map((workload) => workloadBody(workload, short))}</table>`,
  );
}

function workloadBody(workload: WorkloadResult, short: (principal: string) => string): Html {
  const { ports, dataPlane, sensitivity, owner } = workload;
  const span = html` rowspan="${Math.max(1, ports.length)}"`;
  const head = html`<th scope="rowgroup"${span}>${code(workload.name)}<small>${workload.kind}${owner && `, owner ${owner}`}</small>${sensitivity && html`<small><span class="chip ${sensitivity.level}">${sensitivity.level}</span> ${sensitivity.why} (${sensitivity.status})</small>`}<small>${at(workload.location)}</small></th><td${span}>${planeTone(dataPlane)}<small>${prose(dataPlane.why)} (${dataPlane.status}${dataPlane.verifiedBy && `, ${dataPlane.verifiedBy}`})</small></td>`;
  if (ports.length === 0) return html`<tbody><tr>${head}<td colspan="4" class="muted">no port</td></tr></tbody>`;
  return html`<tbody>${ports.map((port, index) => html`<tr>${index === 0 && head}${portCells(port, short)}</tr>`)}</tbody>`;
}

function planeTone({ kind, status }: WorkloadResult['dataPlane']): Html {
  if (status === 'UNKNOWN') return tone('unsure', kind);
  return tone(kind === 'none' ? 'bad' : 'plain', kind === 'none' ? 'outside the mesh' : kind);
}

function portCells(port: PortResult, short: (principal: string) => string): Html {
  const { mtls, authorization, exposure } = port;
  const policies = authorization.policies.map((by) => html`<small>${code(byName(by))} <span class="place">${place(by.location)}</span></small>`);
  return html`<td>${port.port}<small>${port.protocol}</small></td><td>${tone(mtlsTone(port), mtlsText(port))}${mtls.by ? decidedBy(mtls.by) : undefined}</td><td>${tone(postureTone(port), postureText(port))}${policies}</td><td>${reach(port, short)}${exposure.witness && html`<small>${code(requestLine(exposure.witness))}</small>`}</td>`;
}

function reach(port: PortResult, short: (principal: string) => string): Content {
  const { identities } = port.exposure;
  const wide = reachedBy(port);
  if (wide.length === 0 && identities.length === 0) return 'nobody';
  const named = joined(identities.slice(0, shownIdentities).map((identity) => code(short(identity))), ', ');
  const more = identities.length > shownIdentities && `, and ${count(identities.length - shownIdentities, 'more', 'more')} in the JSON result`;
  const list = identities.length > 6 ? folded(count(identities.length, 'named identity', 'named identities'), [named, more]) : html`<small>${named}</small>`;
  return [joined(wide, html`<br>`), identities.length > 0 && list];
}

function gatewayRow({ workload, kind, exposed, why, listeners, routes }: AuditResult['inventory']['gateways'][number]): Content[] {
  return [
    html`${code(workload)}<small>${kind}</small>`,
    html`${exposed}<small>${prose(why)}</small>`,
    listeners.map(({ port, protocol, hosts, tls, location }) => html`<div>${port} ${protocol}, ${tls}<small>${joined(hosts.map(code), ', ')} ${location && at(location)}</small></div>`),
    routes.map(({ hosts, match, to, location }) => html`<div>${match} → ${code(to)}<small>${joined(hosts.map(code), ', ')} ${location && at(location)}</small></div>`),
  ];
}
