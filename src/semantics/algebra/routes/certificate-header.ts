import type { Workload } from '../../../model/inventory/types.ts';
import type { Enforcement } from '../../enforcement.ts';
import { CERTIFICATE_HEADER, certificateHandling, fateOfCertificate } from '../../gateway/forwarded-certificate.ts';
import { headerAxis } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { exact, type Substitution } from '../bounds.ts';
import { constant } from '../formula.ts';
import { OPEN } from './open.ts';

const AXIS = headerAxis(CERTIFICATE_HEADER).key;

/** `withCertificate`, backwards: what a gateway's filters, and all behind them, find in the header in terms of what the client sends. */
export function certificateBefore(
  enforcement: Enforcement,
  gateway: Workload,
  hasCertificate: boolean,
  /** Told where it is what nobody knows. */
  doubt: (why: string) => void = () => {},
): Substitution {
  const fate = fateOfCertificate(certificateHandling(enforcement, gateway), hasCertificate);
  return (condition) => {
    if (condition.axis.key !== AXIS || fate === 'kept') return undefined;
    if (fate === 'removed') return exact(constant(holdsFor(condition, [])));
    doubt(`a policy reads the header \`${CERTIFICATE_HEADER}\`, which proxies write`);
    return OPEN;
  };
}
