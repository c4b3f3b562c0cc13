import { covers, isWildcard } from '../../gateway/host-name.ts';
import type { VirtualHost } from '../../gateway/virtual-hosts.ts';
import { HOST } from '../axes.ts';
import { all, EVERYTHING, type Formula, literal, not } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { beforePort } from '../strings/before-port.ts';
import { anything, type Glob, globMachine, literally, something } from '../strings/glob.ts';
import { foldCase } from '../strings/machine.ts';

/**
 * The authorities that lead to a virtual host and to no narrower one; without case, port ignored.
 * Source: envoy source/common/router/config_impl.cc (findVirtualHost).
 */
export function hostFormula({ domain }: VirtualHost, others: readonly VirtualHost[], pool: SetPool): Formula {
  const own = domain === '*' ? EVERYTHING : hostsLiteral([domain], pool);
  if (!isWildcard(domain)) return own;
  const narrower = others.map((other) => other.domain).filter((other) => other !== domain && covers(domain, other));
  return narrower.length === 0 ? own : all([own, not(hostsLiteral(narrower, pool))]);
}

function hostsLiteral(domains: readonly string[], pool: SetPool): Formula {
  const set = pool.machine(JSON.stringify(['hosts', domains]), () =>
    beforePort(foldCase(globMachine(domains.map(hostGlob)))),
  );
  return literal(HOST, set);
}

/** A wildcard stands for one character at least. */
const hostGlob = (domain: string): Glob =>
  isWildcard(domain) ? [...something(), ...literally(domain.slice(1))] : literally(domain);

/** SNI that one of these names stands for; a wildcard may stand for nothing. Source: envoy filter_chain_manager_impl.cc. */
export const serverNameGlob = (name: string): Glob =>
  isWildcard(name) ? [...anything(), ...literally(name.slice(1))] : literally(name);
