import type { AuditResult, PortResult } from '../result/types.ts';

/** How a fact reads at a glance; reports choose colours by it and never colour alone. */
export type Tone = 'good' | 'bad' | 'unsure' | 'plain';

const postures = {
  none: 'no policy',
  'allow-any': 'allows any caller',
  restricted: 'restricted',
  'deny-all': 'denies all',
  conditional: 'conditional',
} as const;

export function postureText({ authorization }: PortResult): string {
  return authorization.status === 'UNKNOWN' && authorization.posture !== 'conditional'
    ? `${postures[authorization.posture]}, conditional`
    : postures[authorization.posture];
}

export function postureTone({ authorization: { posture, status } }: PortResult): Tone {
  if (status === 'UNKNOWN' || posture === 'conditional') return 'unsure';
  return posture === 'none' || posture === 'allow-any' ? 'bad' : 'good';
}

export function mtlsText({ mtls }: PortResult): string {
  return mtls.status === 'UNKNOWN' ? `${mtls.mode}, conditional` : mtls.mode;
}

/** Whether a port that accepts plaintext should not is for rules to say: a gateway's has no mesh mTLS and that is right. */
export function mtlsTone({ mtls, exposure }: PortResult): Tone {
  if (mtls.status === 'UNKNOWN') return 'unsure';
  if (mtls.mode === 'STRICT') return 'good';
  return exposure.plaintext ? 'bad' : 'plain';
}

/** Who can reach a port beyond the identities that it names, widest first. */
export function reachedBy({ exposure }: PortResult): string[] {
  const { internet, nodeNetwork, plaintext, anyIdentity } = exposure;
  return [
    ...(internet ? ['internet'] : []),
    ...(nodeNetwork ? ['node network'] : []),
    ...(plaintext ? ['plaintext in the cluster'] : []),
    ...(anyIdentity ? ['any mesh identity'] : []),
  ];
}

/** Shortens principals by the trust domain where the mesh has only one: `ns/shop/sa/web`. */
export function principalShortener({ inventory }: AuditResult): (principal: string) => string {
  const domains = new Set<string>();
  for (const { principal } of inventory.identities) domains.add(principal.split('/ns/')[0] ?? '');
  const [only] = domains;
  if (domains.size !== 1 || only === undefined) return (principal) => principal;
  const prefix = `${only}/`;
  return (principal) => (principal.startsWith(prefix) ? principal.slice(prefix.length) : principal);
}

/** Ports by mTLS mode and by posture, in a fixed order: `STRICT 5 of 14`. */
export function portTotals({ inventory }: AuditResult): {
  ports: number;
  mtls: [string, number][];
  posture: [string, number][];
  reach: [string, number][];
} {
  const ports = inventory.workloads.flatMap((workload) => workload.ports);
  const having = (test: (port: PortResult) => boolean) => ports.filter(test).length;
  const present = (rows: [string, number][]) => rows.filter(([, amount]) => amount > 0);
  return {
    ports: ports.length,
    mtls: present(
      (['STRICT', 'PERMISSIVE', 'DISABLE', 'none'] as const).map((mode) => [
        mode,
        having(({ mtls }) => mtls.mode === mode),
      ]),
    ),
    posture: present(
      (['restricted', 'deny-all', 'conditional', 'allow-any', 'none'] as const).map((posture) => [
        postures[posture],
        having(({ authorization }) => authorization.posture === posture),
      ]),
    ),
    reach: present([
      ['internet', having(({ exposure }) => exposure.internet)],
      ['node network', having(({ exposure }) => exposure.nodeNetwork)],
      ['plaintext in the cluster', having(({ exposure }) => exposure.plaintext)],
      ['any mesh identity', having(({ exposure }) => exposure.anyIdentity)],
    ]),
  };
}
