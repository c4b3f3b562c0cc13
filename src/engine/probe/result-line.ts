import type { ProbeLine } from '../../result/probe-result.ts';
import type { Probe } from './probe.ts';

/** What is known of a probe's result before it is sent. */
export function resultFacts({
  id,
  suite,
  name,
  expect,
  control,
  request,
}: Probe): Pick<ProbeLine, 'apiVersion' | 'kind' | 'id' | 'suite' | 'name' | 'expect' | 'control' | 'request'> {
  return {
    apiVersion: 'meshproof.dev/v1',
    kind: 'ProbeResult',
    id,
    suite,
    name,
    expect,
    ...(control === undefined ? {} : { control }),
    request: request as ProbeLine['request'],
  };
}
