import { objectOf } from '../../model/by.ts';
import type { RequestAuthentication } from '../../model/istio/request-authentication.ts';
import { tokenDenial } from '../../rules/authn/require-token.ts';
import { type Fix, nameOf, targetsOf } from '../candidate.ts';

/** Tokens that are checked where they are sent, and that nobody has to send: a DENY of requests without one, but for public endpoints. */
export const requireToken: Fix = {
  id: 'require-token',
  propose(_facts, { cause, hops }) {
    const object = cause.kind === 'RequestAuthentication' ? objectOf(cause) : undefined;
    if (!object) return [];
    const policy = object.resource as RequestAuthentication;
    const targets = targetsOf(hops);
    const ports = [...new Set(hops.flatMap(({ port }) => (port === undefined ? [] : [port])))];
    const manifest = tokenDenial(
      policy,
      ports.map((port) => ({ port: { port }, publicPaths: [] })),
    );
    return [
      {
        id: `require-token RequestAuthentication ${nameOf(policy)}`,
        summary: `${targets.map(({ id }) => id).join(', ')}: refuse requests without a token that ${nameOf(policy)} accepts`,
        changes: [{ kind: 'add', manifest, beside: policy }],
        destinations: targets,
        senders: [],
        effort: 2,
        unknownCallers: [],
        unproven: ['whether every client sends a token: access logs tell'],
        preconditions: ['clients send a token: the access log shows no 2xx without one for a week'],
        sideEffects: ['requests without a token get 403, those of other workloads of the mesh too'],
      },
    ];
  },
};
