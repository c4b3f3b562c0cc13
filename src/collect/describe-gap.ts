import type { DumpGap, Gap } from './bundle/manifest.ts';

/** What could not be read, and what would make it readable. */
export function describeGap({ group, resource, namespace, reason, why, grant }: Gap): {
  readonly message: string;
  readonly help: string;
} {
  const what = `\`${resource}${group ? `.${group}` : ''}\`${namespace === undefined ? '' : ` in namespace \`${namespace}\``}`;
  return {
    message: `${what} could not be read: ${reason === 'forbidden' ? 'the user may not' : why}`,
    help: grant
      ? `grant ${namespace === undefined ? 'in a ClusterRole' : `in a Role there`}: ${JSON.stringify(grant)}`
      : 'conclusions that rest on them are conditional; try again',
  };
}

/** What could not be dumped. That takes nothing from what is known of the configuration: it is not shown to run. */
export function describeDumpGap({ what, namespace, reason, why, grant }: DumpGap): {
  readonly message: string;
  readonly help: string;
} {
  return {
    message: `${what} could not be dumped: ${reason === 'forbidden' ? 'the user may not' : why}`,
    help: grant
      ? `grant in a Role of namespace \`${namespace ?? ''}\` (deploy/rbac/dumps): ${JSON.stringify(grant)}`
      : 'what it runs is not shown: nothing is verified by it',
  };
}
