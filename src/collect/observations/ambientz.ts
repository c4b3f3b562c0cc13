import { memberAt, readState } from './ambient-json.ts';
import type { Broken, Form, From, ReadForm } from './form.ts';

/** istiod's `/debug/ambientz`: what it would send to ztunnels. Source: istio pilot/pkg/xds/debug.go (ambientz), as protobuf's JSON. */
export const ambientz: Form = { kind: 'istiod-ambientz', isMeant, read: readAmbientz };

function isMeant(head: string, text: string): boolean {
  if (!/^\s*\{\s*"(workloads|services|policies)"\s*:/.test(head)) return false;
  return ['workloads', 'services', 'policies'].every((name) => memberAt(text, name) !== undefined);
}

function readAmbientz(text: string, from: From): ReadForm | Broken {
  const state = readState(text);
  if (!state) {
    return {
      message: 'what istiod holds for ztunnels (`ambientz`) is not whole: expected JSON to its end',
      help: 'read it again: istioctl x internal-debug ambientz',
    };
  }
  return { observations: [{ kind: 'istiod-ambientz', ...from, ...state }] };
}
