import { expect, test } from 'vitest';
import { RULES } from '../rules/index.ts';
import { controlsOf } from './controls.ts';

test('every rule supports evidence for some control, each named once with its standard', () => {
  for (const { meta } of RULES) {
    const controls = controlsOf(meta.id);
    expect(controls.length, meta.id).toBeGreaterThan(0);
    expect(new Set(controls).size).toBe(controls.length);
    for (const control of controls)
      expect(control).toMatch(/^(CISA ZTMM|NIST SP|PCI DSS|SOC 2|ISO\/IEC|HIPAA|DoD Zero Trust) .+/);
  }
});

test('default deny is PCI DSS 7.3.3, transport is SC-8', () => {
  expect(controlsOf('authz/no-policy')).toContain('PCI DSS 4.0.1 7.3.3');
  expect(controlsOf('mtls/permissive')).toContain('NIST SP 800-53 r5 SC-8');
  expect(controlsOf('no/rule')).toEqual([]);
});
