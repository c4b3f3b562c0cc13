import { objectOf } from '../../model/by.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import { type Fix, nameOf, targetsOf } from '../candidate.ts';
import type { FieldEdit } from '../../model/change/change.ts';

/** A mode that lets plaintext in: STRICT, at the ports that the hops go to where these have a mode of their own. */
export const makeStrict: Fix = {
  id: 'make-strict',
  propose(facts, { cause, hops }) {
    const object = cause.kind === 'PeerAuthentication' ? objectOf(cause) : undefined;
    if (!object) return [];
    const { resource } = object;
    const { spec } = resource as PeerAuthentication;
    const ports = Object.keys(spec.portLevelMtls ?? {}).filter((port) => hops.some((hop) => String(hop.port) === port));
    const edits: readonly FieldEdit[] =
      ports.length > 0
        ? ports.map((port) => ({ op: 'set', path: ['spec', 'portLevelMtls', port, 'mode'], value: 'STRICT' }))
        : [{ op: 'set', path: ['spec', 'mtls', 'mode'], value: 'STRICT' }];
    const targets = targetsOf(hops);
    const plaintext = plaintextCallers(facts, targets).map(
      ({ caller, workload, why }) => `${caller} calls ${workload} without a certificate of the mesh: ${why}`,
    );
    return [
      {
        id: `make-strict PeerAuthentication ${nameOf(resource)}`,
        summary: `${nameOf(resource)}: STRICT${ports.length > 0 ? ` at port ${ports.join(', ')}` : ''}`,
        changes: [{ kind: 'edit', resource, edits }],
        destinations: targets,
        senders: [],
        effort: 1,
        unknownCallers: [],
        unproven: plaintext,
        preconditions:
          plaintext.length > 0 ? ['the callers named as unproven have moved into the mesh, or get an exception'] : [],
        sideEffects: [
          'callers without a proxy are refused, among them webhooks called by the API server and load balancers that go past the gateway',
        ],
      },
    ];
  },
};
