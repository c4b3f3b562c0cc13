import type { Mesh } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { answerRequest } from '../answer-request.ts';
import type { LoadedSuite } from '../policy-test/load-suites.ts';
import { type Address, addressProbe } from './address-probe.ts';
import type { Probe, ProbePlan, Skipped } from './probe.ts';
import { SecretNames } from './secret-names.ts';

export interface ProbeOptions {
  /** Also methods that may change something: POST, PUT, PATCH, DELETE, … */
  readonly unsafeMethods?: boolean;
}

interface Sendable extends Address {
  readonly suite: string;
  readonly name: string;
  readonly expect: 'allow' | 'deny';
  /** What the model says. */
  readonly verdict: string;
}

/**
 * The probes of suites: every case that a pod of the mesh can send, and for each refusal that is expected a positive control from the same pod: a
 * case that the model allows, or the request of another case, sent from there, that it allows. Nothing but requests of the cases is sent.
 */
export function planProbes(suites: readonly LoadedSuite[], options: ProbeOptions = {}): ProbePlan {
  const probes: Probe[] = [];
  const skipped: Skipped[] = [];
  const secrets = new SecretNames();
  for (const { test, name: suite, loaded } of suites) {
    const enforcement = new Enforcement(loaded.mesh);
    const sendable: Sendable[] = [];
    for (const [index, { name = `case ${index + 1}`, request, expect }] of (test.cases ?? []).entries()) {
      if (expect === 'unknown') {
        skipped.push({ suite, name, why: 'it expects `unknown`: no answer would settle it' });
        continue;
      }
      const address = addressOf(enforcement, loaded.mesh, request as Request, options, secrets);
      if (typeof address === 'string') skipped.push({ suite, name, why: address });
      else sendable.push({ ...address, suite, name, expect });
    }
    addSuite(probes, sendable, (request) => addressOf(enforcement, loaded.mesh, request, options, secrets));
  }
  return { probes, skipped, secrets: secrets.all };
}

type Addressed = Address & Pick<Sendable, 'verdict'>;

function addressOf(
  enforcement: Enforcement,
  mesh: Mesh,
  request: Request,
  options: ProbeOptions,
  secrets: SecretNames,
): Addressed | string {
  const address = addressProbe(mesh, request, options.unsafeMethods ?? false, secrets);
  if (typeof address === 'string') return address;
  const answered = answerRequest(enforcement, address.asked);
  if ('error' in answered) return answered.error;
  return { ...address, verdict: answered.decisive.verdict.outcome };
}

/** What must pass goes first: it is the control of what must not. */
function addSuite(
  probes: Probe[],
  sendable: readonly Sendable[],
  resend: (request: Request) => Addressed | string,
): void {
  const add = ({ asked, verdict, ...rest }: Sendable, control?: number): number => {
    const id = probes.length + 1;
    probes.push({ id, ...rest, ...(control === undefined ? {} : { control }) });
    return id;
  };
  const passing = sendable.filter(({ expect }) => expect === 'allow').map((each) => ({ each, id: add(each) }));
  const added = new Map<string, number>();
  for (const negative of sendable.filter(({ expect }) => expect === 'deny')) {
    const near = ({ authority }: Address): number => (authority === negative.authority ? 0 : 1);
    const [given] = passing
      .filter(({ each }) => each.source === negative.source && each.verdict === 'allow')
      .sort((a, b) => near(a.each) - near(b.each));
    if (given) {
      add(negative, given.id);
      continue;
    }
    const [control] = [...sendable]
      .sort((a, b) => near(a) - near(b))
      .flatMap((other): readonly Sendable[] => {
        const again = resend({ ...other.asked, from: negative.asked.from });
        if (typeof again === 'string' || again.verdict !== 'allow') return [];
        return [{ ...again, suite: other.suite, name: `control: ${other.name}`, expect: 'allow' }];
      });
    if (!control) {
      add(negative);
      continue;
    }
    const key = JSON.stringify(control.request);
    const known = added.get(key) ?? add(control);
    added.set(key, known);
    add(negative, known);
  }
}
