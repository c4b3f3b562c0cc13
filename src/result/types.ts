import type { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import type * as schema from './schema.ts';

/** Type-only view of the result's schema: importing this loads no zod. */
export type AuditResult = DeepReadonly<z.infer<typeof schema.auditResult>>;
export type WorkloadResult = DeepReadonly<z.infer<typeof schema.workloadResult>>;
export type PortResult = DeepReadonly<z.infer<typeof schema.portResult>>;
export type GatewayResult = DeepReadonly<z.infer<typeof schema.gatewayResult>>;
export type Finding = DeepReadonly<z.infer<typeof schema.finding>>;
export type Subject = DeepReadonly<z.infer<typeof schema.subject>>;
export type Evidence = DeepReadonly<z.infer<typeof schema.evidence>>;
export type Patch = DeepReadonly<z.infer<typeof schema.patch>>;
export type AttackSummary = DeepReadonly<z.infer<typeof schema.attackSummary>>;
export type AttackPath = DeepReadonly<z.infer<typeof schema.attackPath>>;
export type PlanResult = DeepReadonly<z.infer<typeof schema.plan>>;
export type PlanStep = DeepReadonly<z.infer<typeof schema.planStep>>;
export type TrafficResult = DeepReadonly<z.infer<typeof schema.traffic>>;
export type Dimension = DeepReadonly<z.infer<typeof schema.dimension>>;
export type DimensionId = Dimension['id'];
export type VerdictWord = AuditResult['verdict'];
