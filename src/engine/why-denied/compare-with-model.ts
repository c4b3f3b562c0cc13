import type { Denial } from '../../result/denial.ts';
import type { Explanation } from '../../result/explanation.ts';
import type { Meaning } from './interpret.ts';

type Comparison = Pick<Denial, 'agrees' | 'agreement'>;

/** Whether the model refuses what was refused, and at the same step; where not, what that can mean. */
export function compareWithModel(
  meaning: Meaning,
  policy: Denial['seen']['policy'],
  { verdict, by, trace }: Explanation,
): Comparison {
  if (policy && !policy.found) {
    const name = `${policy.namespace}/${policy.name}`;
    if (!isMadeByIstiod(policy.name))
      return {
        agrees: false,
        agreement: `the proxy names AuthorizationPolicy ${name}, which is not in the input: the cluster holds what these files do not`,
      };
  }
  if (!meaning.byMesh) {
    const agreement =
      verdict === 'allow'
        ? 'the model lets the request pass as well'
        : 'the model would refuse the request all the same, see below';
    return { agrees: null, agreement };
  }
  if (verdict === 'unknown') return { agrees: null, agreement: 'the model cannot tell: see below what is missing' };
  if (verdict === 'allow')
    return {
      agrees: false,
      agreement:
        'the model lets it pass: the cluster enforces something that the input does not hold, the connection was older than the policies, or caller and token were not what is taken here',
    };
  const stop = trace.findLast(({ outcome }) => outcome === 'stop');
  const sameStep = meaning.stages.length === 0 || (stop !== undefined && meaning.stages.includes(stop.stage));
  if (policy && by && (by.name !== policy.name || by.namespace !== policy.namespace) && policy.found)
    return {
      agrees: false,
      agreement: `the model refuses it too, but by ${by.kind} ${by.namespace}/${by.name}`,
    };
  if (sameStep) return { agrees: true, agreement: 'the model refuses it at the same step' };
  return {
    agrees: false,
    agreement: `the model refuses it too, but at another step (${stop ? `${stop.point} ${stop.stage}` : 'none'})`,
  };
}

/** What PeerAuthentication becomes in ztunnel has a name of its own. */
const isMadeByIstiod = (name: string): boolean => /^istio_converted|^converted_peer_authentication/.test(name);
