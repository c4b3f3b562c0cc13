import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { OpenPort } from '../../graph/opening.ts';
import type { Explanation, Fail } from '../rule.ts';
import { workloadsOf } from '../workload-names.ts';
import { networkControls } from './open-factors.ts';

/** A port that failed, with what opens it. */
export interface Opened {
  readonly port: PortFacts;
  readonly opening: OpenPort;
}

export function openPortsOf(facts: Facts, fails: readonly Fail[]): readonly Opened[] {
  const workloads = workloadsOf(facts, fails);
  return fails.flatMap(({ subject }) => {
    const workload = workloads.find(
      (each) => each.cluster === subject.cluster && each.namespace === subject.namespace && each.name === subject.name,
    );
    const port = workload && facts.ports(workload).find((each) => each.port.port === subject.port);
    const opening = port?.authorization.opening;
    return port && opening?.kind === 'open' ? [{ port, opening }] : [];
  });
}

export const whoOf = (ports: readonly Opened[]): string =>
  ports.some(({ opening }) => opening.callers === 'anyone') ? 'anyone' : 'any identity of the mesh';

/** The attacker of a scenario: `Any pod in the cluster, without a certificate,`. */
export function attackerOf({ port, opening }: Opened): string {
  if (port.workload.dataPlane.kind === 'gateway') return 'Any client that reaches the gateway';
  const near = networkControls(port, opening).length > 0 ? ' that NetworkPolicy lets get to it' : '';
  return opening.callers === 'anyone'
    ? `Any pod in the cluster${near}, without a certificate,`
    : `Any workload of the mesh${near}, whatever its identity,`;
}

/** Commands that show that wanted callers go on and others are refused. */
export function validationOf(opened: Opened | undefined): Explanation['validation'] {
  if (!opened) return { positive: [], negative: [] };
  const { workload, port } = opened.port;
  const address = `${workload.name}.${workload.namespace}:${port.services[0]?.port ?? port.port}`;
  const http = opened.opening.chain === 'http';
  if (workload.dataPlane.kind === 'gateway') {
    return {
      positive: ['from outside: a host and path that a route serves answer as before'],
      negative: ['from outside: a host that no route serves gets 403 instead of 404'],
    };
  }
  return {
    positive: [
      http
        ? `from a named caller's pod: curl -sS -o /dev/null -w '%{http_code}\\n' http://${address}/ answers as before`
        : `from a named caller's pod: its client connects to ${address} as before`,
    ],
    negative: [
      http
        ? `from any other pod: curl -sS -o /dev/null -w '%{http_code}\\n' http://${address}/ gives 403, or a connection reset at a ztunnel`
        : `from any other pod: a new connection to ${address} is reset`,
    ],
  };
}
