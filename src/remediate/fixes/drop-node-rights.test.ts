import { describe, expect, it } from 'vitest';
import { planOf } from '../../../test/plan-of.ts';
import { type Manifest, namespace, workload } from '../../../test/small-mesh.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import { podSpecOf } from '../../graph/attack/pod-spec.ts';

/** A pod of the cluster where an attacker starts, and one that gives its node away. */
function given(kind: string, spec: Manifest, more: Manifest = {}): readonly Manifest[] {
  const pod: Manifest = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'tool', namespace: 'ops' },
    spec: { selector: { matchLabels: { app: 'tool' } }, template: { metadata: { labels: { app: 'tool' } }, spec } },
    ...more,
  };
  return [namespace('ops', {}), ...workload('ops', 'other'), pod];
}
const container = (rest: Manifest): Manifest => ({ name: 'tool', image: 'registry.example/tool:1', ...rest });
const inside = (mesh: Mesh): readonly Foothold[] =>
  mesh.workloads.filter(({ id }) => id === 'ops/tool').map((each) => ({ kind: 'workload', workload: each }));

function planned(kind: string, spec: Manifest) {
  const made = planOf(given(kind, spec), {}, inside);
  const after = made.plan.result.mesh.workloads.find(({ id }) => id === 'ops/tool');
  return { ...made, spec: after && podSpecOf(after) };
}

describe('rights on the node that a workload is given', () => {
  it('takes out privileged, and with it the capabilities that would do as well', () => {
    const securityContext = { privileged: true, capabilities: { add: ['SYS_ADMIN', 'NET_BIND_SERVICE'] } };
    const { ids, paths, left, spec, plan } = planned('DaemonSet', { containers: [container({ securityContext })] });
    expect(paths.length).toBeGreaterThan(0);
    expect(ids).toEqual(['drop-node-rights DaemonSet ops/tool']);
    expect(left).toEqual([]);
    expect(spec?.containers?.[0]?.securityContext).toEqual({ capabilities: { add: ['NET_BIND_SERVICE'] } });
    const [step] = plan.steps;
    expect(step?.candidate.unproven).toEqual(['whether ops/tool works without: privileged']);
    expect(step?.candidate.preconditions[0]).toContain('a copy of ops/tool');
  });

  it('makes read-only what is dangerous to write alone, and takes out sockets with their mounts', () => {
    const volumes = [
      { name: 'work', emptyDir: {} },
      { name: 'cron', hostPath: { path: '/var/spool/cron' } },
      { name: 'docker', hostPath: { path: '/var/run/docker.sock' } },
      { name: 'zone', hostPath: { path: '/etc/localtime' } },
    ];
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
    const { ids, left, spec } = planned('DaemonSet', { containers: [container({ volumeMounts })], volumes });
    expect(ids).toEqual(['drop-node-rights DaemonSet ops/tool']);
    expect(left).toEqual([]);
    expect(spec?.volumes?.map(({ name }) => name)).toEqual(['work', 'cron', 'zone']);
    expect(spec?.containers?.[0]?.volumeMounts).toEqual([
      { name: 'work', mountPath: '/mnt/work' },
      { name: 'cron', mountPath: '/mnt/cron', readOnly: true },
      { name: 'zone', mountPath: '/mnt/zone' },
    ]);
  });

  it('takes out hostPID where it sees the processes of the node', () => {
    const { ids, left, spec } = planned('DaemonSet', { hostPID: true, containers: [container({})] });
    expect(ids).toEqual(['drop-node-rights DaemonSet ops/tool']);
    expect(left).toEqual([]);
    expect(spec?.hostPID).toBeUndefined();
  });

  it('leaves the agents of nodes alone, and says why the path stays', () => {
    const volumes = [
      { name: 'bin', hostPath: { path: '/opt/cni/bin' } },
      { name: 'all', hostPath: { path: '/' } },
    ];
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
    const { ids, paths, plan } = planned('DaemonSet', { containers: [container({ volumeMounts })], volumes });
    expect(paths.length).toBeGreaterThan(0);
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toEqual(
      paths.map(() => expect.stringContaining('ops/tool serves its nodes')),
    );
  });
});
