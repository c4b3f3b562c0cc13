import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { PEER } from '../../semantics/algebra/axes.ts';
import { all, any, EVERYTHING, type Formula, literal, NOTHING, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { anything, literally } from '../../semantics/algebra/strings/glob.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import type { Position } from '../../semantics/attempt.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import { queryOfWitness, waysTo } from '../reach/port-reach.ts';
import { sourcesOf, type Witness } from '../reach/sources.ts';
import { requestOf } from '../request-of.ts';
import type { Opened, Opener, States } from './opened.ts';

/**
 * Requests to one port that its own enforcement points refused and now let pass: the difference of two sets, so that a rewrite that means the
 * same opens nothing. Confirmed by deciding a request of each difference in both states.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function openedRequests(
  states: States,
  earlier: Workload,
  later: Workload,
  port: WorkloadPort,
): readonly Opened[] {
  const before = waysTo(states.before, earlier, portOf(earlier, port));
  const trusted = newlyTrusted(states);
  return waysTo(states.after, later, port).flatMap((region) => {
    const counterpart = before.find((candidate) => isSameWay(candidate, region));
    const newly = (now: Formula, old: Formula = NOTHING): Formula => all([now, any([not(old), trusted])]);
    const sure = newly(region.passes, counterpart?.passes);
    // What passed for certain or not at all, and now may.
    const difference =
      region.mayPass === region.passes ? sure : any([sure, newly(region.mayPass, counterpart?.mayPass)]);
    if (isSurelyEmpty(region, difference)) return [];
    const opened: Region = { ...region, passes: difference, mayPass: difference };
    const { anonymous, stranger, named } = sourcesOf(states.after, opened);
    const confirm = (who: Opener, witness: Witness | undefined): readonly Opened[] => {
      const found = witness && confirmed(states, opened, witness, earlier, port);
      return found ? [{ workload: later, port: port.port, who, ...found }] : [];
    };
    const found = [
      ...confirm({ kind: 'anyone' }, anonymous),
      ...confirm({ kind: 'any-identity' }, stranger),
      ...(stranger
        ? []
        : named.flatMap(({ identities, witness }) => confirm({ kind: 'identities', identities }, witness))),
    ];
    return found.length > 0 ? found : confirmOther(opened, confirm);
  });
}

/** Somebody that no workload of the input is: of another trust domain, or of a name that only a pattern knows. */
function confirmOther(
  region: Region,
  confirm: (who: Opener, witness: Witness) => readonly Opened[],
): readonly Opened[] {
  const model = region.solver.find(region.passes);
  const [identity] = model && region.transport === 'mtls' ? model.values(PEER) : [];
  if (!model || identity === undefined) return [];
  const who: Opener = { kind: 'identities', identities: [identity as Principal] };
  return confirm(who, { source: EVERYTHING, formula: region.passes, model });
}

/** The port as it was; one that nobody declared is served all the same, by its bytes. */
const portOf = ({ ports }: Workload, port: WorkloadPort): WorkloadPort =>
  ports.find((own) => own.port === port.port && own.transport === port.transport) ?? {
    ...port,
    chain: 'auto',
    protocol: 'auto',
    services: [],
  };

const isSameWay = (a: Region, b: Region): boolean =>
  a.transport === b.transport &&
  a.protocol === b.protocol &&
  a.destination.via?.service.id === b.destination.via?.service.id &&
  a.destination.via?.port.port === b.destination.via?.port.port;

/** Whether nothing is in a set: then nobody has to be asked about it. False also where the search was given up. */
function isSurelyEmpty({ solver }: Region, formula: Formula): boolean {
  try {
    return solver.isEmpty(formula);
  } catch (error) {
    if (error instanceof SearchLimit) return false;
    throw error;
  }
}

/** Identities of trust domains whose certificates were refused before. */
function newlyTrusted({ before, after }: States): Formula {
  const old = new Set(before.trustedDomains(before.mesh.config));
  const added = after.trustedDomains(after.mesh.config).filter((trustDomain) => !old.has(trustDomain));
  if (added.length === 0) return NOTHING;
  const { pool } = symbolicOf(after);
  const set = pool.words(`of ${added.join()}`, 'as-is', () =>
    added.map((trustDomain) => [...literally(`${trustDomain}/`), ...anything()]),
  );
  return literal(PEER, set);
}

type Confirmed = Pick<Opened, 'witness' | 'verdict' | 'was'>;

/** The witness from a place that NetworkPolicy lets it come from, refused before. */
function confirmed(
  { before, after }: States,
  region: Region,
  witness: Witness,
  earlier: Workload,
  port: WorkloadPort,
): Confirmed | undefined {
  const query = { ...queryOfWitness(region, witness), transport: port.transport };
  const verdict = decide(after, query);
  if (verdict.outcome === 'deny' || !hasPlace(after, query)) return undefined;
  const { via } = query.destination;
  const service = via && before.mesh.serviceById.get(via.service.id);
  const oldPort = service?.ports.find((own) => own.port === via?.port.port);
  const was = decide(before, {
    ...query,
    destination: {
      workload: earlier,
      port: port.port,
      ...(query.destination.ip === undefined ? {} : { ip: query.destination.ip }),
      ...(service && oldPort ? { via: { service, port: oldPort } } : {}),
    },
  });
  if (was.outcome === 'allow') return undefined;
  return { witness: requestOf(query), verdict, was: { by: was.by, reason: was.reason } };
}

/** Whether NetworkPolicy lets anybody who could send it: a holder of the identity, or any pod. */
function hasPlace(enforcement: Enforcement, query: Query): boolean {
  const { mesh, network } = enforcement;
  if (mesh.cni === 'ignores-network-policy' || network.namespaces.size === 0) return true;
  const { identity } = query.source;
  const holders = identity === null ? undefined : mesh.identities.get(identity);
  const passes = (position: Position): boolean =>
    decide(enforcement, { ...query, source: { ...query.source, position }, at: 'network-policy' }).outcome !== 'deny';
  if (!holders && passes({ kind: 'pod-outside-mesh' })) return true;
  return (holders ?? mesh.workloads).some((workload) => passes({ kind: 'workload', workload }));
}
