import { isSelected } from '../graph/assets.ts';
import { partiesOf } from '../graph/wanted.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Config } from '../result/config.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import { unknownName } from './explain/name-in-mesh.ts';
import type { UserConfig } from './read-config.ts';

/**
 * What a configuration names and the input does not have: `wanted` flows between workloads that are not there, to ports that are not, and assets
 * that select nothing. They count for nothing, which nobody would see otherwise.
 */
export function checkNames(mesh: Mesh, { config, file, lineOf }: UserConfig): readonly Diagnostic[] {
  return [
    ...(config.wanted ?? []).flatMap((flow, index) =>
      problemsOf(mesh, flow).map(({ error, help }): Diagnostic => {
        const message = `a wanted flow counts for nothing: ${error}`;
        return { severity: 'warning', file, line: lineOf(['wanted', index]), message, help };
      }),
    ),
    ...(config.assets ?? []).flatMap(({ select }, index): readonly Diagnostic[] => {
      if (mesh.workloads.some((workload) => isSelected(workload, select))) return [];
      const message = `an asset is not in the input: \`${JSON.stringify(select)}\` selects no workload`;
      const help = 'labels are those of the pod template; `workload` is namespace/name';
      return [{ severity: 'warning', file, line: lineOf(['assets', index]), message, help }];
    }),
  ];
}

interface NameProblem {
  readonly error: string;
  readonly help: string;
}

function problemsOf(mesh: Mesh, flow: NonNullable<Config['wanted']>[number]): readonly NameProblem[] {
  const { from, to, port } = partiesOf(mesh, flow);
  if (from.length === 0) return [unknownName('workload', flow.from, ['internet', ...namesIn(mesh)])];
  if (to.length === 0) return [unknownName('workload', flow.to.replace(/:\d+$/, ''), namesIn(mesh))];
  const targets = to.flatMap((id) => mesh.workloadById.get(id) ?? []);
  if (port === undefined || targets.some(({ ports }) => ports.some((own) => own.port === port))) return [];
  const ports = [...new Set(targets.flatMap((target) => target.ports.map((own) => own.port)))].sort((a, b) => a - b);
  return [
    {
      error: `${to[0]} has no port ${port}`,
      help: ports.length > 0 ? `its own ports, after \`targetPort\`: ${ports.join(', ')}` : 'it declares no port',
    },
  ];
}

/** Asked for only where something is wrong: flows are many, and so are workloads. */
const namesIn = ({ workloads }: Mesh): readonly string[] => [
  ...new Set(workloads.flatMap(({ id, namespace, name }) => [id, `${namespace}/${name}`])),
];
