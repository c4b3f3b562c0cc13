import type { By, Location } from '../../result/location.ts';
import type { AuditResult, PortResult, WorkloadResult } from '../../result/types.ts';
import { inputFolder, placeInFolder } from '../headline.ts';
import {
  mtlsText,
  mtlsTone,
  portTotals,
  postureText,
  postureTone,
  principalShortener,
  reachedBy,
} from '../port-text.ts';
import { byName, count, number } from '../wording.ts';
import { at, bullets, code, folded, scrolling, table, tone } from './marks.ts';
import { type Content, type Html, html, joined, prose } from './syntax.ts';
import { routeAccess } from '../route-access.ts';

/** Rows that are shown unfolded; what is beyond folds by namespace. */
const openRows = 200;
/** Named callers of one port; the result as JSON has all. */
const shownIdentities = 50;
const filterFrom = 10;

/** Every workload port: data plane, effective mTLS, authorization, and who can reach it. */
export function inventory(result: AuditResult): Html {
  const { workloads, gateways, identities, externalHosts } = result.inventory;
  const folder = inputFolder(result.input.sources);
  const shared = identities.filter((identity) => identity.workloads.length > 1);
  const filter = html`<p class="filter" hidden><label for="filter">Filter workloads</label><input id="filter" type="search" autocomplete="off" placeholder="name, namespace, PERMISSIVE, internet …"><span id="filter-count" role="status" class="muted small"></span></p>`;
  return html`<section id="inventory" aria-labelledby="inventory-title"><h2 id="inventory-title">Protection inventory</h2>
${workloads.length === 0 && html`<p>The input holds no workload.</p>`}${totals(result)}${folder !== '' && workloads.length > 0 && html`<p class="muted small">Files of the table are in ${code(folder)}.</p>`}
${workloads.length >= filterFrom && filter}
${workloadTables(result, { short: principalShortener(result), place: placeInFolder(folder) })}
${shared.length > 0 && html`<h3>Shared identities</h3>${bullets(shared.map(({ principal, workloads: holders, clusters = [] }) => html`${code(principal)}: ${joined(holders.map(code), ', ')}${clusters.length > 1 && html` (one identity in clusters ${joined(clusters.map(code), ', ')})`}`))}`}
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

interface View {
  readonly short: (principal: string) => string;
  readonly place: (location: Location) => string;
}

/** One table as long as the page stays readable; what is beyond is folded by namespace. */
function workloadTables(result: AuditResult, view: View): Content {
  const shown: Namespace[] = [];
  const beyond: Namespace[] = [];
  let left = openRows;
  for (const { name, workloads } of namespacesOf(result)) {
    const fitting: WorkloadResult[] = [];
    for (const workload of workloads) {
      if (left <= 0) break;
      left -= Math.max(1, workload.ports.length);
      fitting.push(workload);
    }
    if (fitting.length > 0) shown.push({ name, workloads: fitting });
    if (fitting.length < workloads.length) beyond.push({ name, workloads: workloads.slice(fitting.length) });
  }
  const started = new Set(shown.map(({ name }) => name));
  const title = ({ name, workloads }: Namespace) =>
    `${name}: ${count(workloads.length, started.has(name) ? 'further workload' : 'workload')}`;
  return [
    shown.length > 0 && portTable('Workloads', shown, view),
    beyond.map(
      (namespace) =>
        html`<details class="rows"><summary>${title(namespace)}</summary>${portTable(`Workloads of ${namespace.name}`, [namespace], view)}</details>`,
    ),
  ];
}

interface Namespace {
  readonly name: string;
  readonly workloads: readonly WorkloadResult[];
}

function namespacesOf({ inventory: { workloads, clusters } }: AuditResult): Namespace[] {
  const groups = new Map<string, WorkloadResult[]>();
  for (const workload of workloads) {
    const name = `${clusters.length > 1 ? `${workload.cluster}:` : ''}${workload.namespace}`;
    const group = groups.get(name);
    if (group) group.push(workload);
    else groups.set(name, [workload]);
  }
  return Array.from(groups, ([name, members]) => ({ name, workloads: members }));
}

function portTable(caption: string, namespaces: readonly Namespace[], view: View): Html {
  const bodies = namespaces.map(
    ({ name, workloads }) =>
      html`<tbody class="namespace"><tr><th colspan="6" scope="rowgroup">${name}</th></tr></tbody>${workloads.map((workload) => workloadBody(workload, view))}`,
  );
  return scrolling(
    caption,
    html`<table class="ports"><caption class="unseen">${caption}</caption><colgroup><col class="w"><col class="d"><col class="p"><col class="m"><col class="a"><col></colgroup><thead><tr><th scope="col">Workload</th><th scope="col">Data plane</th><th scope="col">Port</th><th scope="col">mTLS</th><th scope="col">Authorization</th><th scope="col">Who can reach it</th></tr></thead>${bodies}</table>`,
    Number.POSITIVE_INFINITY,
  );
}

function workloadBody(workload: WorkloadResult, view: View): Html {
  const { ports, dataPlane, sensitivity, owner } = workload;
  const span = html` rowspan="${Math.max(1, ports.length)}"`;
  const head = html`<th scope="row"${span}>${code(workload.name)}<small>${workload.kind}${owner && `, owner ${owner}`}</small>${sensitivity && html`<small><span class="chip ${sensitivity.level}">${sensitivity.level}</span> ${sensitivity.why} (${sensitivity.status})</small>`}<small class="mono">${view.place(workload.location)}</small></th><td${span}>${planeTone(dataPlane)}<small>${prose(dataPlane.why)} (${dataPlane.status}${dataPlane.verifiedBy && `, ${dataPlane.verifiedBy}`})</small></td>`;
  if (ports.length === 0) return html`<tbody><tr>${head}<td colspan="4" class="muted">no port</td></tr></tbody>`;
  return html`<tbody>${ports.map((port, index) => html`<tr>${index === 0 && head}${portCells(port, view)}</tr>`)}</tbody>`;
}

function planeTone({ kind, status }: WorkloadResult['dataPlane']): Html {
  if (status === 'UNKNOWN') return tone('unsure', kind);
  return tone(kind === 'none' ? 'bad' : 'plain', kind === 'none' ? 'outside the mesh' : kind);
}

function portCells(port: PortResult, view: View): Html {
  const { mtls, authorization } = port;
  const by = (object: By) =>
    html`<small class="mono">${byName(object)} <span class="place">${view.place(object.location)}</span></small>`;
  return html`<td>${port.port}<small>${port.protocol}</small></td><td>${tone(mtlsTone(port), mtlsText(port))}${mtls.by ? by(mtls.by) : undefined}</td><td>${tone(postureTone(port), postureText(port))}${authorization.policies.map(by)}</td><td>${reach(port, view.short)}</td>`;
}

function reach(port: PortResult, short: (principal: string) => string): Content {
  const { identities } = port.exposure;
  const wide = reachedBy(port);
  if (wide.length === 0 && identities.length === 0) return 'nobody';
  const named = joined(
    identities.slice(0, shownIdentities).map((identity) => code(short(identity))),
    ', ',
  );
  const more =
    identities.length > shownIdentities &&
    `, and ${count(identities.length - shownIdentities, 'more', 'more')} in the JSON result`;
  const list =
    identities.length > 6
      ? folded(count(identities.length, 'named identity', 'named identities'), [named, more])
      : html`<small>${named}</small>`;
  return [joined(wide, html`<br>`), identities.length > 0 && list];
}

function gatewayRow({
  workload,
  kind,
  exposed,
  why,
  listeners,
  routes,
}: AuditResult['inventory']['gateways'][number]): Content[] {
  return [
    html`${code(workload)}<small>${kind}</small>`,
    html`${exposed}<small>${prose(why)}</small>`,
    listeners.map(
      ({ port, protocol, hosts, tls, location }) =>
        html`<div>${port} ${protocol}, ${tls}<small>${joined(hosts.map(code), ', ')} ${location && at(location)}</small></div>`,
    ),
    routes.map(
      ({ hosts, match, to, access, location }) =>
        html`<div>${match} → ${code(to)}<small>${routeAccess(access)} · ${joined(hosts.map(code), ', ')} ${location && at(location)}</small></div>`,
    ),
  ];
}
