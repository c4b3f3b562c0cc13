import { withPolicies } from '../../graph/apply.ts';
import type { Facts } from '../../graph/facts.ts';
import { type Tokenless, tokenFactOf } from '../../graph/tokenless.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { RequestAuthentication } from '../../model/istio/request-authentication.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { checkFlows, describeCheck } from '../check-flows.ts';
import { scopeOf } from '../policy-reach.ts';
import { proposedResource } from '../proposed.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { describeTokenless } from './describe-tokenless.ts';
import { draftChange, type Open } from './draft-token-change.ts';
import { requestPrincipalsOf } from './require-token.ts';

/** The words and the change for a RequestAuthentication that no policy backs. */
export function explainMissingToken({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const failing = new Set(
    fails.map(({ subject }) => `${subject.cluster}\n${subject.namespace}/${subject.name}:${subject.port}`),
  );
  const open = workloads.flatMap((workload) =>
    workload.ports.flatMap((port): readonly Open[] => {
      if (!failing.has(`${workload.cluster}\n${workload.namespace}/${workload.name}:${port.port}`)) return [];
      const fact = tokenFactOf(facts.enforcement, workload, port);
      return fact.kind === 'open' ? [{ workload, port, openings: fact.openings, publicPaths: fact.publicPaths }] : [];
    }),
  );
  const openings = open.flatMap((each) => each.openings);
  const what = [...new Set(openings.map(describeTokenless))];
  const name = `RequestAuthentication ${cause?.namespace}/${cause?.name}`;
  const policy =
    cause && facts.mesh.resources.find('RequestAuthentication', cause.namespace, cause.name, fails[0]?.subject.cluster);
  const [first] = open;
  const ports = `${fails.length} ${fails.length === 1 ? 'port' : 'ports'} of ${extentOf(workloads)}`;
  return {
    title: `${name} asks for no token: without one, ${fewOf(what, 3)} passes on ${ports}`,
    scenario: `${fails.some(({ factors }) => factors.entry === 'internet') ? 'A client on the internet, through a gateway,' : callerOf(openings)} sends ${what[0] ?? 'a request'} to ${first ? `${first.workload.id}:${first.port.port}` : 'the port'} without any token. RequestAuthentication refuses only bad tokens, and ${reasonOf(openings[0])}.`,
    impact:
      'Confidentiality and integrity: what is meant for signed-in users is served to whoever leaves the token out.',
    ...(policy
      ? changeOf(facts, policy, open, workloads)
      : { remediation: { summary: 'ask for a request principal', changes: [], steps: [] } }),
    validation: validationOf(first),
    rollback: 'apply the changed policies again as they stand now, and delete the new one',
  };
}

function callerOf(openings: readonly Tokenless[]): string {
  if (openings.some(({ callers }) => callers === 'anyone')) return 'Any client that reaches it, without a certificate,';
  if (openings.some(({ callers }) => callers === 'any-identity')) return 'Any workload of the mesh';
  return `A caller with identity ${openings[0]?.identities[0] ?? 'that a rule names'}`;
}

function reasonOf(opening: Tokenless | undefined): string {
  if (!opening?.by) return 'no ALLOW policy asks for one';
  return `rule ${(opening.by.rule ?? 0) + 1} of ${opening.by.kind} ${opening.by.namespace}/${opening.by.name} lets the request in without`;
}

function changeOf(
  facts: Facts,
  policy: RequestAuthentication,
  open: readonly Open[],
  workloads: readonly Workload[],
): Pick<Explanation, 'remediation'> {
  const { changes, manifests } = draftChange(facts, policy, open, workloads);
  const scope =
    policy.namespace === facts.enforcement.rootNamespace
      ? undefined
      : new Set([...scopeOf(facts, workloads), policy.namespace]);
  const after = withPolicies(
    facts.enforcement,
    { add: manifests.map((each) => proposedResource(each, policy.cluster)) },
    scope,
  );
  const [rule] = policy.spec.jwtRules ?? [];
  const claims = {
    iss: rule?.issuer ?? 'any-issuer',
    sub: 'any-subject',
    ...(rule?.audiences?.[0] ? { aud: rule.audiences[0] } : {}),
  };
  const check = checkFlows(facts, after, workloads, { claims, valid: true });
  const left = open.filter(({ workload, port }) => tokenFactOf(after, workload, port).kind === 'open');
  const publicPaths = [...new Set(open.flatMap((each) => each.publicPaths))];
  const flows = workloads.flatMap((workload) =>
    facts.wanted.to(workload).map(({ from, basis }) => `${from} → ${workload.id} (${basis})`),
  );
  return {
    remediation: {
      summary: `ask for requestPrincipals ${requestPrincipalsOf(policy).join(', ')} wherever nothing public is served (with a token: ${describeCheck(check)})`,
      changes,
      steps: [
        left.length === 0
          ? 'decided again on the model: no request without a token that was tried passes, but for public endpoints'
          : `still open without a token: ${fewOf(
              left.map(({ workload, port }) => `${workload.id}:${port.port}`),
              5,
            )}`,
        ...(publicPaths.length > 0 ? [`stays public, in a rule of its own: ${fewOf(publicPaths, 8)}`] : []),
        ...(flows.length > 0
          ? [`callers that have to send a token from then on: ${fewOf([...new Set(flows)], 8)}`]
          : ['the input names no caller; look in the access log for requests without a token first']),
        ...check.broken.slice(0, 10).map((flow) => `would break even with a token: ${flow}`),
        ...droppedTokens(facts, workloads),
        'a CORS preflight carries no token: where browsers call it across origins, add a rule for method OPTIONS',
      ],
    },
  };
}

/** A gateway that validates the token takes it off the request, unless told to forward it. */
function droppedTokens({ wanted, mesh, enforcement }: Facts, workloads: readonly Workload[]): readonly string[] {
  const gateways = new Set(
    workloads.flatMap((workload) =>
      wanted.to(workload).flatMap(({ from }) => (from === 'internet' ? [] : (mesh.workloadById.get(from) ?? []))),
    ),
  );
  return [...gateways]
    .filter((gateway) => gateway.dataPlane.kind === 'gateway' && dropsToken(enforcement, gateway))
    .map(
      (gateway) =>
        `${gateway.id} validates tokens and takes them off: set forwardOriginalToken: true in its RequestAuthentication first, or no token arrives`,
    );
}

const dropsToken = (enforcement: Enforcement, gateway: Workload): boolean => {
  const { providers } = enforcement.envoy(gateway);
  return providers.length > 0 && providers.some(({ rule }) => rule.forwardOriginalToken !== true);
};

function validationOf(open: Open | undefined): Explanation['validation'] {
  if (!open) return { positive: [], negative: [] };
  const { workload, port, openings } = open;
  const http = openings[0]?.answer.request.http;
  const url = `http://${workload.name}.${workload.namespace}:${port.services[0]?.port ?? port.port}${http?.path ?? '/'}`;
  const curl = `curl -sS -o /dev/null -w '%{http_code}\\n' -X ${http?.method ?? 'GET'} ${url}`;
  return {
    positive: [`as a caller that is allowed: ${curl} -H "Authorization: Bearer $TOKEN" answers as before`],
    negative: [
      `as the same caller, without the header: ${curl} gives 403`,
      `with a broken token: ${curl} -H 'Authorization: Bearer broken' gives 401`,
    ],
  };
}
