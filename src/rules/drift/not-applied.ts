import type { ObjectDrift } from '../../evidence/evidence.ts';
import type { Facts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import type { Resource } from '../../model/resource.ts';
import type { Evidence, Subject } from '../../result/types.ts';
import type { CauseGroup, Explanation, Factors, Outcome, Rule } from '../rule.ts';

/**
 * istiod does not hold what the manifests say, so that no proxy can. Source: istiod's `/debug/configz`, `/debug/authorizationz` and
 * `/debug/registryz` (istio pilot/pkg/xds/debug.go).
 */
export const notApplied: Rule = {
  meta: {
    id: 'drift/not-applied',
    title: 'istiod holds other objects than the manifests say',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'auditability',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/controlz/',
      'https://istio.io/latest/docs/ops/configuration/mesh/configuration-scoping/',
    ],
  },
  *judge({ evidence }: Facts): Iterable<Outcome> {
    for (const object of evidence?.applied?.same ?? []) yield { kind: 'pass', subject: subjectOfObject(object) };
    for (const drift of evidence?.applied?.drifts ?? []) {
      const subject = subjectOfObject(drift.object);
      yield {
        kind: 'fail',
        subject,
        cause: byOf(drift.object),
        causeKey: drift.kind,
        factors: FACTORS,
        status: drift.seen.isOld ? 'INFERRED' : 'VERIFIED',
        assumes: [],
        evidence: evidenceOf(drift, subject),
      };
    }
  },
  explain,
};

/** What an object comes to is judged elsewhere; that it is not in force is no less than MEDIUM. */
const FACTORS: Factors = {
  entry: 'none',
  requires: [],
  breaches: 0,
  sensitivity: 'low',
  compensations: [],
  stated: false,
  defenceInDepth: false,
  contradicted: true,
};

function subjectOfObject(object: Resource): Subject {
  const { kind, namespace, name, location } = byOf(object);
  return { cluster: object.cluster, kind, namespace, name, location };
}

const STATES = {
  missing: 'istiod does not hold it',
  extra: 'istiod holds it, and the input does not have it',
  different: 'istiod holds another version of it',
} as const;

const told = ({ kind, fields }: ObjectDrift): string =>
  fields.length > 0 ? `${STATES[kind]}: ${fields.join(', ')}` : STATES[kind];

function evidenceOf(drift: ObjectDrift, { kind, namespace, name, location }: Subject): readonly Evidence[] {
  const { file, at } = drift.seen;
  const seen: Evidence = {
    source: { file, line: 1, column: 1 },
    shows: `${kind} ${namespace}/${name}: ${told(drift)}`,
    ...(at === undefined ? {} : { at }),
  };
  return drift.own ? [seen, { source: location, shows: `${kind} ${namespace}/${name} as it is configured` }] : [seen];
}

const TITLES = {
  missing: (name: string) => `istiod does not hold ${name}`,
  extra: (name: string) => `istiod holds ${name}, which is not in the input`,
  different: (name: string) => `istiod holds another version of ${name} than the input`,
} as const;

const CAUSES = {
  missing: [
    'it was never applied, or was deleted since',
    'the API server or the webhook of istiod refused it',
    'istiod does not look at its namespace (`discoverySelectors`), or has not seen it yet',
  ],
  extra: [
    'it was applied by hand, or by another delivery than this one',
    'it was removed from the manifests and not from the cluster',
  ],
  different: [
    'the newest version was not applied',
    'somebody or something changed it in the cluster',
    'istiod has not seen the newest version yet',
  ],
} as const;

function explain({ cause, causeKey, fails: [first] }: CauseGroup, { evidence }: Facts): Explanation {
  const drift = evidence?.applied?.drifts.find(
    ({ kind, object }) =>
      kind === causeKey &&
      object.kind === cause?.kind &&
      object.namespace === cause.namespace &&
      object.name === cause.name &&
      object.cluster === first?.subject.cluster,
  );
  const state = drift?.kind ?? 'different';
  const kind = cause?.kind ?? '';
  const name = `${cause?.namespace}/${cause?.name}`;
  const get = `kubectl get ${kind.toLowerCase()} ${cause?.name} -n ${cause?.namespace} -o yaml`;
  const page = kind === 'Service' ? 'registryz' : 'configz';
  return {
    title: TITLES[state](`${kind} ${name}`),
    scenario: `${drift ? told(drift) : STATES[state]}. Likely causes, the likeliest first: ${CAUSES[state]
      .map((text, index) => `(${index + 1}) ${text}`)
      .join('; ')}.`,
    impact:
      'Confidentiality, integrity, availability: no proxy can enforce what istiod does not hold; what was reviewed is not what is in force.',
    remediation: {
      summary: 'make the manifests and the cluster one',
      changes: [],
      steps: [
        `${get}  # what the API server has`,
        state === 'extra' ? 'take it into the manifests, or delete it' : 'apply the manifest, and see that it stays',
        `istioctl x internal-debug ${page} > ${page}.json, then meshproof drift INPUT ${page}.json`,
      ],
    },
    validation: {
      positive: [`${get} shows what the input says`],
      negative: [`meshproof drift INPUT ${page}.json says nothing of ${kind} ${name}`],
    },
    rollback: 'apply the object as it was before; it is in the file that shows it',
  };
}
