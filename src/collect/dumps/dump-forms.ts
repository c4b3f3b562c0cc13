import { ambientz } from '../observations/ambientz.ts';
import { envoyDump } from '../observations/envoy-dump.ts';
import type { Form } from '../observations/form.ts';
import { authorizationz, configz } from '../observations/istiod-objects.ts';
import { istiodSyncz } from '../observations/istiod-syncz.ts';
import { registryz } from '../observations/registryz.ts';
import { ztunnelDump } from '../observations/ztunnel-dump.ts';
import type { DumpPage, DumpTarget } from './choose-pods.ts';

interface Served {
  readonly path: string;
  /** The ports at which it may be served, the likelier first. */
  readonly ports: readonly number[];
  /** By what serves it. */
  readonly forms: Partial<Readonly<Record<DumpTarget['kind'], Form>>>;
  /** Texts that say that there is nothing, from which nobody could tell what it is of. */
  readonly isEmpty?: RegExp;
}

/** Envoy and ztunnel have their admin endpoint there, on the loopback address of the pod. */
const ADMIN = [15_000];
/** Where istiod serves `/debug`: the monitoring port, in older versions the plain one. */
const DEBUG = [15_014, 8080];
const NOTHING = /^\s*\[\s*\]\s*$/;

/** How each document is asked for and read. Source: istio pilot/pkg/xds/debug.go: none of istiod's needs a `proxyID`. */
export const FORMS: Readonly<Record<DumpPage, Served>> = {
  config_dump: { path: '/config_dump', ports: ADMIN, forms: { envoy: envoyDump, ztunnel: ztunnelDump } },
  syncz: { path: '/debug/syncz', ports: DEBUG, forms: { istiod: istiodSyncz }, isEmpty: NOTHING },
  configz: { path: '/debug/configz', ports: DEBUG, forms: { istiod: configz }, isEmpty: NOTHING },
  authorizationz: { path: '/debug/authorizationz', ports: DEBUG, forms: { istiod: authorizationz } },
  registryz: { path: '/debug/registryz', ports: DEBUG, forms: { istiod: registryz }, isEmpty: NOTHING },
  ambientz: { path: '/debug/ambientz', ports: DEBUG, forms: { istiod: ambientz } },
};
