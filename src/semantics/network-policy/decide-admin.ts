import { matchesSelector } from '../../model/inventory/label-selection.ts';
import type { Resource } from '../../model/resource.ts';
import type { AdminTiers, Tier } from './admin-index.ts';
import type { AdminTarget, CompiledAdminPolicy, CompiledAdminRule } from './compile-admin.ts';
import { better, type Match, matchPeer, matchPorts, type SeenPeer, seePeer } from './match.ts';
import type { NetworkDecision, NetworkPod, Transport } from './peer.ts';

export interface AdminQuestion {
  readonly direction: 'ingress' | 'egress';
  /** The pod whose traffic it is. */
  readonly pod: NetworkPod;
  /** The other end. */
  readonly seen: SeenPeer;
  readonly port: number;
  readonly transport: Transport;
}

type Answer = () => NetworkDecision;

/**
 * What administrators decide before and after NetworkPolicy: the first rule that matches, by priority and then in the order as written. Allow and
 * Deny are final, Pass leaves it to NetworkPolicy; where no NetworkPolicy isolates the pod, the baseline is asked.
 *
 * Source: network-policy-api apis/v1alpha1/adminnetworkpolicy_types.go, baselineadminnetworkpolicy_types.go.
 */
export function decideWithAdmin(tiers: AdminTiers, question: AdminQuestion, networkPolicy: Answer): NetworkDecision {
  // Host-network pods are no subject of these policies.
  if (question.pod.hostNetwork) return networkPolicy();
  const walk = new Walk(tiers, question, once(networkPolicy));
  return walk.decide();
}

class Walk {
  readonly #tiers: AdminTiers;
  readonly #question: AdminQuestion;
  readonly #subject: SeenPeer;
  readonly #networkPolicy: Answer;

  constructor(tiers: AdminTiers, question: AdminQuestion, networkPolicy: Answer) {
    const { cluster, namespace, labels } = question.pod;
    const namespaceLabels = tiers.namespaces.get(namespace) ?? null;
    this.#tiers = tiers;
    this.#question = question;
    this.#networkPolicy = networkPolicy;
    this.#subject = seePeer(
      { kind: 'pod', cluster, namespace, namespaceLabels, podLabels: labels, hostNetwork: false },
      cluster,
      undefined,
    );
  }

  decide(): NetworkDecision {
    const afterwards = once(() => {
      const decision = this.#networkPolicy();
      return decision.isolatedBy.length > 0 ? decision : this.#baseline(decision);
    });
    return this.#throughTier(this.#tiers.admin, 0, afterwards);
  }

  #baseline(open: NetworkDecision): NetworkDecision {
    const [first, ...others] = this.#tiers.baseline.map((tier) => this.#throughTier(tier, 0, () => open));
    return first ? agree(first, others, 'kinds of baseline policy whose order is not defined') : open;
  }

  #throughTier(tier: Tier, index: number, nextTier: Answer): NetworkDecision {
    const group = tier[index]?.filter((policy) => this.#selects(policy).kind !== 'no');
    if (!group) return nextTier();
    const rest = once(() => this.#throughTier(tier, index + 1, nextTier));
    const [first, ...others] = group;
    if (!first) return rest();
    if (others.length === 0) return this.#throughRules(rulesOf([first], this.#question.direction), 0, rest, nextTier);
    // Of equal priority any may be the one that is applied.
    const ledBy = (leader: CompiledAdminPolicy): NetworkDecision => {
      const order = [leader, ...group.filter((other) => other !== leader)];
      return this.#throughRules(rulesOf(order, this.#question.direction), 0, rest, nextTier);
    };
    const names = group.map(({ policy }) => nameOf(policy)).join(' and ');
    return agree(
      ledBy(first),
      others.map(ledBy),
      `${names}, which have the same priority, so that their order is undefined`,
    );
  }

  #throughRules(rules: readonly Placed[], index: number, rest: Answer, nextTier: Answer): NetworkDecision {
    const placed = rules[index];
    if (!placed) return rest();
    const match = both(this.#selects(placed.compiled), this.#matches(placed.rule));
    const onwards = () => this.#throughRules(rules, index + 1, rest, nextTier);
    if (match.kind === 'no') return onwards();
    const decided = this.#act(placed, nextTier);
    return match.kind === 'yes' ? decided : either(match, this.#textOf(placed), decided, onwards());
  }

  #act(placed: Placed, nextTier: Answer): NetworkDecision {
    const { direction } = this.#question;
    const { rule, compiled } = placed;
    const text = this.#textOf(placed);
    if (rule.action === 'Pass') {
      const decision = nextTier();
      return { ...decision, reason: `${text} leaves it to what comes next: ${decision.reason}` };
    }
    const { policy } = compiled;
    const implemented = `the CNI implements ${policy.kind}`;
    const by = { policy, rule: rule.index };
    const base = { direction, by, isolatedBy: [], requires: [] };
    if (rule.action === 'Deny')
      return { ...base, outcome: 'deny', assumes: [implemented], reason: `${text} denies it` };
    // Where NetworkPolicy admits it as well, nothing rests on the rule.
    const assumes = this.#networkPolicy().outcome === 'allow' ? [] : [implemented];
    return { ...base, outcome: 'allow', assumes, reason: `${text} admits it` };
  }

  #textOf({ rule, compiled }: Placed): string {
    const name = rule.name === undefined ? '' : ` (${rule.name})`;
    return `${this.#question.direction} rule ${rule.index}${name} of ${nameOf(compiled.policy)}`;
  }

  #selects({ subject }: CompiledAdminPolicy): Match {
    return subject ? matchPeer(subject, '', this.#subject) : { kind: 'no' };
  }

  #matches({ peers, ports }: CompiledAdminRule): Match {
    const { seen, port, transport } = this.#question;
    const onPort = matchPorts(ports, seen.namedPorts, port, transport);
    if (onPort.kind === 'no' || !peers) return onPort;
    return both(
      peers.reduce<Match>((best, peer) => better(best, this.#matchTarget(peer)), { kind: 'no' }),
      onPort,
    );
  }

  #matchTarget(target: AdminTarget): Match {
    const { peer } = this.#question.seen;
    switch (target.kind) {
      case 'nodes':
        return this.#matchNodes(target.selector);
      case 'domains':
        if (peer.kind !== 'external') return { kind: 'no' };
        return peer.ip === undefined
          ? { kind: 'within', range: `the addresses of ${target.names}` }
          : { kind: 'unclear', why: `whether ${peer.ip} is an address of ${target.names} is not in the input` };
      default: {
        const match = matchPeer(target, '', this.#question.seen);
        // Unlike ipBlock, networks cover addresses of pods by the specification.
        return match.kind === 'assuming' ? { kind: 'yes' } : match;
      }
    }
  }

  /** By the addresses of nodes; what has no known address is on some node. */
  #matchNodes(selector: Parameters<typeof matchesSelector>[0]): Match {
    const { peer } = this.#question.seen;
    if (peer.kind === 'pod' && !peer.hostNetwork) return { kind: 'no' };
    const { nodes } = this.#tiers;
    if (peer.ip !== undefined) {
      const node = nodes.find(({ addresses }) => addresses.includes(peer.ip ?? ''));
      if (node) return { kind: matchesSelector(selector, node.labels) ? 'yes' : 'no' };
    }
    if (peer.kind === 'external') return { kind: 'no' };
    if (matchesSelector(selector, {}) && isEmpty(selector)) return { kind: 'yes' };
    return { kind: 'unclear', why: 'which node it is on is not in the input' };
  }
}

interface Placed {
  readonly compiled: CompiledAdminPolicy;
  readonly rule: CompiledAdminRule;
}

const rulesOf = (policies: readonly CompiledAdminPolicy[], direction: 'ingress' | 'egress'): readonly Placed[] =>
  policies.flatMap((compiled) => compiled[direction].map((rule) => ({ compiled, rule })));

const isEmpty = (selector: Parameters<typeof matchesSelector>[0]): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

const nameOf = ({ kind, name }: Resource): string => `${kind} ${name}`;

/** Both must hold: the weaker one says how far they do. */
const both = (a: Match, b: Match): Match => (better(a, b) === a ? b : a);

/** What holds whether or not the rule matches, or what it depends on. */
function either(
  match: Exclude<Match, { kind: 'yes' | 'no' }>,
  text: string,
  ifSo: NetworkDecision,
  ifNot: NetworkDecision,
): NetworkDecision {
  if (ifSo.outcome === ifNot.outcome && ifSo.outcome !== 'unknown') {
    const conditions = ({ assumes, requires }: NetworkDecision): number => assumes.length + requires.length;
    return conditions(ifNot) < conditions(ifSo) ? ifNot : ifSo;
  }
  if (match.kind === 'within' && ifSo.outcome === 'allow')
    return { ...ifSo, assumes: [...ifSo.assumes, `the destination lies in ${match.range}`] };
  if (match.kind === 'within' && ifNot.outcome === 'allow')
    return { ...ifNot, assumes: [...ifNot.assumes, `the destination lies outside ${match.range}`] };
  const why = match.kind === 'unclear' ? match.why : match.kind === 'within' ? match.range : match.assumes;
  return {
    ...ifSo,
    outcome: 'unknown',
    reason: `${text} may match: ${why}; if so: ${ifSo.outcome}, if not: ${ifNot.outcome}, ${ifNot.reason}`,
  };
}

/** Several answers of which any may be the true one. */
function agree(first: NetworkDecision, others: readonly NetworkDecision[], whose: string): NetworkDecision {
  const answers = [first, ...others];
  const combined: NetworkDecision = {
    ...first,
    requires: [...new Set(answers.flatMap(({ requires }) => requires))],
    assumes: [...new Set(answers.flatMap(({ assumes }) => assumes))],
  };
  if (answers.every(({ outcome }) => outcome === first.outcome)) return combined;
  const said = [...new Set(answers.map(({ outcome, reason }) => `${outcome}, ${reason}`))].join('; or ');
  return { ...combined, outcome: 'unknown', reason: `it depends on ${whose}: ${said}` };
}

function once(answer: Answer): Answer {
  let known: NetworkDecision | undefined;
  return () => {
    known ??= answer();
    return known;
  };
}
