/**
 * Which controls a finding of a rule is evidence for. "Supports evidence for", never "complies with": HIPAA's encryption items are addressable,
 * and PCI DSS asks for strong cryptography on open networks only. CIS has no Istio benchmark, so that none is named.
 */

/** What an audit topic maps to, per standard. */
const topics = {
  transport: [
    'CISA ZTMM 2.0 Networks: Encryption',
    'NIST SP 800-207 tenet 2',
    'NIST SP 800-207A need 1',
    'NIST SP 800-204A SM-DR6',
    'NIST SP 800-204A SM-DR19',
    'NIST SP 800-53 r5 SC-8',
    'NIST SP 800-53 r5 SC-8(1)',
    'NIST SP 800-53 r5 SC-23',
    'PCI DSS 4.0.1 4.2.1',
    'SOC 2 CC6.7',
    'ISO/IEC 27001:2022 A.8.24',
    'HIPAA 45 CFR 164.312(e)(1)',
    'DoD Zero Trust 5.4.4',
  ],
  authorization: [
    'CISA ZTMM 2.0 Applications: Access',
    'NIST SP 800-207 tenet 6',
    'NIST SP 800-207A need 3',
    'NIST SP 800-204B SAUZ-SR-1',
    'NIST SP 800-53 r5 AC-3',
    'NIST SP 800-53 r5 AC-4',
    'NIST SP 800-53 r5 AC-6',
    'PCI DSS 4.0.1 7.2.2',
    'SOC 2 CC6.1',
    'SOC 2 CC6.3',
    'ISO/IEC 27001:2022 A.5.15',
    'ISO/IEC 27001:2022 A.8.3',
    'HIPAA 45 CFR 164.312(a)(1)',
    'DoD Zero Trust 3.4.1',
  ],
  defaultDeny: ['NIST SP 800-204B APE-SR-3', 'PCI DSS 4.0.1 7.3.3', 'DoD Zero Trust 1.7.1'],
  requestAuthentication: [
    'CISA ZTMM 2.0 Identity: Authentication',
    'NIST SP 800-207 tenet 6',
    'NIST SP 800-207A need 4',
    'NIST SP 800-204A SM-DR20',
    'NIST SP 800-204B EAUN-SR-1',
    'NIST SP 800-53 r5 IA-2',
    'NIST SP 800-53 r5 IA-8',
    'NIST SP 800-53 r5 AC-3',
    'SOC 2 CC6.1',
    'ISO/IEC 27001:2022 A.8.5',
    'HIPAA 45 CFR 164.312(d)',
    'DoD Zero Trust 1.8',
  ],
  egress: [
    'CISA ZTMM 2.0 Networks: Network Segmentation',
    'NIST SP 800-207 tenet 4',
    'NIST SP 800-204A SM-DR8',
    'NIST SP 800-204A SM-DR10',
    'NIST SP 800-53 r5 AC-4',
    'NIST SP 800-53 r5 SC-7(5)',
    'NIST SP 800-53 r5 SC-7(8)',
    'NIST SP 800-53 r5 SC-7(10)',
    'PCI DSS 4.0.1 1.3.2',
    'SOC 2 CC6.6',
    'ISO/IEC 27001:2022 A.8.12',
    'ISO/IEC 27001:2022 A.8.20',
    'DoD Zero Trust 5.4',
  ],
  change: ['NIST SP 800-53 r5 CM-3', 'NIST SP 800-53 r5 CM-6', 'SOC 2 CC8.1', 'ISO/IEC 27001:2022 A.8.32'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const rules: Readonly<Record<string, readonly (keyof typeof topics)[]>> = {
  'mtls/permissive': ['transport'],
  'authz/allow-any': ['authorization', 'defaultDeny'],
  'authz/no-policy': ['authorization', 'defaultDeny'],
  'authz/http-only-deny': ['authorization'],
  'authz/removed-control': ['authorization', 'change'],
  'authz/idle-rule': ['authorization', 'change'],
  'authz/dry-run-only': ['authorization', 'change'],
  'authn/jwt-not-required': ['requestAuthentication'],
  'egress/registry-only-alone': ['egress'],
  'telemetry/bypass': ['transport'],
  'telemetry/plaintext-seen': ['transport'],
  'telemetry/unexpected-trust-domain': ['transport', 'authorization'],
  'telemetry/unused-grant': ['authorization'],
  'egress/allow-any': ['egress', 'defaultDeny'],
};

/** Control ids that findings of a rule support evidence for, as `STANDARD ID`; none for a rule without a mapping. */
export function controlsOf(ruleId: string): readonly string[] {
  return [...new Set((rules[ruleId] ?? []).flatMap((topic) => topics[topic]))];
}
