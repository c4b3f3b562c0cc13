import { parseAddress, parseCidr } from '../../util/cidr.ts';
import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';

/**
 * Checks the values of one field; `path` is the list. What it returns is what the webhook would say about each bad value. Lists, not
 * generators: these run for every field of every policy, and nearly always find nothing.
 */
export type ValueCheck = (values: readonly string[], path: Path) => readonly Refusal[];

const NONE: readonly Refusal[] = Object.freeze([]);

/** One reason for the first empty value, as the webhook does. */
export const checkNoneEmpty: ValueCheck = (values, path) => {
  const index = values.indexOf('');
  if (index < 0) return NONE;
  const reason = `\`${path.at(-1)}\` has an empty value`;
  return [{ path: [...path, index], reason, help: 'remove the value, or write `"*"` if you mean any' }];
};

/** I:pkg/config/security/security.go, ValidateIPs. */
export const checkBlocks: ValueCheck = (values, path) => {
  const found: Refusal[] = [];
  for (const [index, value] of values.entries()) {
    if (!value || (value.includes('/') ? parseCidr(value) : parseAddress(value))) continue;
    const help = 'write an address such as `10.1.2.3` or a block such as `10.1.0.0/16`';
    found.push({ path: [...path, index], reason: `\`${value}\` is no IP address or block`, help });
  }
  return found;
};

/** I:pkg/config/security/security.go, ValidatePorts. */
export const checkPorts: ValueCheck = (values, path) => {
  const found: Refusal[] = [];
  for (const [index, value] of values.entries()) {
    if (!value || (/^\d+$/.test(value) && Number(value) <= 65535)) continue;
    const help = "write the number of the workload's own port, in quotes; names and ranges are not known here";
    found.push({ path: [...path, index], reason: `\`${value}\` is no port number`, help });
  }
  return found;
};

/** I:pkg/config/security/security.go, CheckServiceAccount. */
export const checkServiceAccounts: ValueCheck = (values, path) => {
  const found: Refusal[] = [];
  const help = "write `service-account` (of the policy's namespace) or `namespace/service-account`";
  if (values.length > 16)
    found.push({ path, reason: `\`${path.at(-1)}\` has more than 16 values`, help: 'split the rule' });
  for (const [index, value] of values.entries()) {
    if (value && value.length <= 320 && /^[^*/]+(\/[^*/]+)?$/.test(value)) continue;
    const what = value.includes('*')
      ? `\`${value}\` has a wildcard, which service accounts do not know`
      : `\`${value}\` is no service account`;
    found.push({ path: [...path, index], reason: value ? what : `\`${path.at(-1)}\` has an empty value`, help });
  }
  return found;
};

const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;

/** Path templates: `{*}` is one segment, `{**}` any rest (I:pkg/config/security/security.go, CheckValidPathTemplate). */
export const checkPathTemplates: ValueCheck = (values, path) => {
  const found: Refusal[] = [];
  for (const [index, value] of values.entries()) {
    const problem = findTemplateProblem(value);
    if (!problem) continue;
    const help = 'a template has whole segments `{*}` (one segment) and at most one `{**}`, as the last of them';
    found.push({ path: [...path, index], reason: `the path \`${value}\` ${problem}`, help });
  }
  return found;
};

function findTemplateProblem(value: string): string | undefined {
  if (!/[{}]/.test(value)) return undefined;
  const isTemplate = value.includes('{*}') || value.includes('{**}');
  let rest = false;
  for (const segment of value.replace(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (rest) return 'has an operator after `{**}`';
      rest = segment === '{**}';
    } else if (/[{}]/.test(segment)) return `has braces in \`${segment}\` that are no operator`;
    else if (isTemplate && !SEGMENT.test(segment))
      return `is a template and has the segment \`${segment}\`, which is no literal`;
  }
  return undefined;
}
