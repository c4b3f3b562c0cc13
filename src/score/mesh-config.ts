import type { Facts } from '../graph/facts.ts';
import type { MeshConfig } from '../model/mesh-config.ts';

/** No mesh config is in the input, and nothing says that there is none: Istio's defaults are assumed. */
export function isMeshConfigUnknown(facts: Facts): boolean {
  return !facts.isComplete('mesh-config') && ![...facts.mesh.configs.values()].some(isWritten);
}

const isWritten = (config: MeshConfig): boolean =>
  Object.values(config).some(
    (setting: unknown) =>
      typeof setting === 'object' && setting !== null && 'from' in setting && setting.from === 'object',
  );
