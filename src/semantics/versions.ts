/** Minor and patch of a 1.x release. */
type Release = readonly [minor: number, patch: number];

/** The release whose behaviour the vectors hold, and the default. */
const RECORDED: Release = [31, 0];

interface Row {
  /** The first release with it, after the patch releases of older minors that got it too. */
  readonly since: readonly Release[];
  /** Whether recorded verdicts cover what holds from then on. What held before is from release notes in every row. */
  readonly covered: 'recorded' | 'from release notes';
}

/**
 * Behaviour that differs between releases of Istio and changes a verdict (reference §2, §11.2).
 *
 * - `target-refs`: before, the API server drops `targetRefs`, so that the policy means its whole namespace.
 * - `service-entry-targets`, `gateway-class-targets`: before, a policy that targets a ServiceEntry, or the GatewayClass of waypoints, acts nowhere.
 * - `path-templates`: `{*}` and `{**}` in `paths`; before, such a value is a plain string.
 * - `service-accounts`: before, the API server drops the field, so that the rule matches more.
 * - `ambient-strict-ports`: before, several STRICT ports of one policy had to match together, which no connection does (release note 54146).
 * - `quoted-service-accounts`: before, a dot in a service account stands for any character (CVE-2026-39350).
 * - `quoted-identities`: the same in `namespaces` and in `principals` with a leading star (issue 59992; patches of older minors not known).
 * - `provider-names`: before, an external authorizer may have any name.
 * - `dry-run-custom`: before, a dry-run CUSTOM policy does nothing.
 * - `trust-domains`: before, the API server drops the field, so that the rule matches more.
 * - `trust-domains-at-ztunnel`: before, dropped in silence; from then on taken for an HTTP attribute (read in source).
 */
const CHANGES = {
  'target-refs': { since: [[22, 0]], covered: 'from release notes' },
  'service-entry-targets': { since: [[24, 0]], covered: 'from release notes' },
  'gateway-class-targets': { since: [[25, 0]], covered: 'from release notes' },
  'path-templates': { since: [[22, 0]], covered: 'recorded' },
  'service-accounts': { since: [[25, 0]], covered: 'recorded' },
  'ambient-strict-ports': { since: [[25, 0]], covered: 'recorded' },
  'quoted-service-accounts': {
    since: [
      [27, 9],
      [28, 6],
      [29, 2],
      [30, 0],
    ],
    covered: 'from release notes',
  },
  'quoted-identities': { since: [[30, 0]], covered: 'from release notes' },
  'provider-names': { since: [[30, 0]], covered: 'from release notes' },
  'dry-run-custom': { since: [[30, 0]], covered: 'recorded' },
  'trust-domains': { since: [[31, 0]], covered: 'recorded' },
  'trust-domains-at-ztunnel': { since: [[32, 0]], covered: 'from release notes' },
} as const satisfies Readonly<Record<string, Row>>;

export type Change = keyof typeof CHANGES;

/** Whether a release has a change; without a version, the one that was recorded. A version without a patch is the first of its minor. */
export function hasChange(change: Change, version?: string): boolean {
  const [minor, patch] = version === undefined ? RECORDED : releaseOf(version);
  const since: readonly Release[] = CHANGES[change].since;
  const last = since.at(-1)?.[0] ?? 0;
  return minor > last || since.some(([first, from]) => minor === first && patch >= from);
}

/** A mesh has one version, and every matcher of every rule asks for it. */
const KNOWN = new Map<string, Release>();

function releaseOf(version: string): Release {
  let release = KNOWN.get(version);
  if (!release) {
    release = readRelease(version) ?? RECORDED;
    KNOWN.set(version, release);
  }
  return release;
}

function readRelease(version: string): Release | undefined {
  const [, minor, patch = '0'] = /^v?1\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return minor === undefined ? undefined : [Number(minor), Number(patch)];
}
