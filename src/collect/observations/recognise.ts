import { envoyDump } from './envoy-dump.ts';
import { ambientz } from './ambientz.ts';
import { authorizationz, configz } from './istiod-objects.ts';
import { registryz } from './registryz.ts';
import { istiodSyncz } from './istiod-syncz.ts';
import type { Form } from './form.ts';
import { accessLog } from './logs/access-log.ts';
import { probeResults } from './probe-results.ts';
import { prometheus } from './prometheus.ts';
import { wantedFile } from './wanted-file.ts';
import { ztunnelDump } from './ztunnel-dump.ts';

const FORMS: readonly Form[] = [
  envoyDump,
  ztunnelDump,
  ambientz,
  istiodSyncz,
  configz,
  authorizationz,
  registryz,
  prometheus,
  wantedFile,
  probeResults,
  accessLog,
];

/** What is looked at to tell what a file is. */
const HEAD = 8192;

/** The form of a file; undefined: manifests, for all that is known. */
export function recogniseForm(text: string): Form | undefined {
  const head = text.slice(0, HEAD);
  return FORMS.find(({ isMeant }) => isMeant(head, text));
}
