import { parseVersion } from '../../read-istio-version.ts';
import type { ContainerSpec } from '../../k8s/container.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import { boolFlag, type IstiodFlag } from '../../istiod-flags.ts';
import { hasOwnProxy, type PodSet, PROXY_CONTAINER } from '../pods/pod-set.ts';
import type { EarlyContainer } from '../types.ts';

/** What of the installation decides in which order a pod starts. */
export interface StartContext {
  readonly flags: ReadonlyMap<string, IstiodFlag>;
  readonly version?: string | undefined;
  /** Istio's CNI plugin redirects traffic; undefined: the input does not show it. */
  readonly cni?: boolean | undefined;
}

const NATIVE = 'sidecar.istio.io/nativeSidecar';
const OF_ISTIO: ReadonlySet<string> = new Set([PROXY_CONTAINER, 'istio-init', 'istio-validation', 'enable-core-dump']);

/**
 * The init containers of the application, in their order, and whether traffic is redirected and the proxy runs while they do. Without a native
 * sidecar, `istio-init` comes last, so that what runs before it goes out and takes connections as if there were no mesh; with the CNI plugin
 * traffic is redirected from the start, to a proxy that does not run yet. A native sidecar comes first, behind `istio-init`.
 *
 * Source: istio pkg/kube/inject/webhook.go (reorderPod, detectNativeSidecar), tools/istio-iptables; catalogue EG-08. Containers that the
 * injector is told to put before a native proxy show in running pods only.
 */
export function startOrder(
  set: PodSet,
  injected: PodSpec | undefined,
  context: StartContext,
): readonly EarlyContainer[] {
  const shown = injected ?? (hasOwnProxy(set.spec) ? set.spec : undefined);
  const spec = shown ?? set.spec;
  const own = (spec.initContainers ?? []).filter(({ name = '' }) => !OF_ISTIO.has(name));
  if (own.length === 0) return [];
  return own.map((container): EarlyContainer => {
    const name = container.name ?? '';
    const index = set.spec.initContainers?.findIndex((each) => each.name === name) ?? -1;
    return {
      name,
      path: [...set.templatePath, 'spec', ...(index < 0 ? [] : ['initContainers', index])],
      lasting: container.restartPolicy === 'Always',
      ports: (container.ports ?? []).flatMap(({ containerPort, protocol = 'TCP' }) =>
        containerPort === undefined || protocol !== 'TCP' ? [] : [containerPort],
      ),
      ...(shown ? meetsAsShown(shown, container) : meetsByInjection(set, context)),
    };
  });
}

type Meeting = Pick<EarlyContainer, 'meets' | 'why' | 'assumes'>;

function meetsAsShown({ initContainers = [] }: PodSpec, container: ContainerSpec): Meeting {
  const place = initContainers.indexOf(container);
  const before = new Set(initContainers.slice(0, place).map(({ name }) => name));
  if (before.has(PROXY_CONTAINER))
    return { meets: 'proxy', why: 'the native sidecar `istio-proxy` starts before it', assumes: [] };
  const all = new Set(initContainers.map(({ name }) => name));
  if (before.has('istio-init'))
    return {
      meets: 'redirection',
      why: '`istio-init` redirects before it, and the proxy starts after it',
      assumes: [],
    };
  if (all.has('istio-init')) return { meets: 'nothing', why: '`istio-init` redirects only after it', assumes: [] };
  return {
    meets: 'redirection',
    why: 'the CNI plugin redirects before it, and the proxy starts after it',
    assumes: [],
  };
}

function meetsByInjection(set: PodSet, context: StartContext): Meeting {
  const native = isNative(set, context);
  if (native.native)
    return { meets: 'proxy', why: `${native.why}: the proxy starts before it`, assumes: native.assumes };
  if (context.cni === true) {
    const why = `the CNI plugin redirects before it, and the proxy starts after it (${native.why})`;
    return { meets: 'redirection', why, assumes: native.assumes };
  }
  const assumes = context.cni === undefined ? ["`istio-init` redirects traffic, not Istio's CNI plugin"] : [];
  const why = `the injector puts \`istio-init\` behind it (${native.why})`;
  return { meets: 'nothing', why, assumes: [...native.assumes, ...assumes] };
}

/** Whether the injector makes the proxy a native sidecar: annotation, flag, then by release, where all nodes run Kubernetes 1.33. */
function isNative(
  { annotations }: PodSet,
  { flags, version }: StartContext,
): { readonly native: boolean; readonly why: string; readonly assumes: readonly string[] } {
  const minor = Number((parseVersion(version ?? '') ?? '1.31').split('.')[1]);
  const asked = annotations[NATIVE];
  if (minor >= 24 && (asked === 'true' || asked === 'false'))
    return { native: asked === 'true', why: `annotation \`${NATIVE}: "${asked}"\``, assumes: [] };
  const flag = flags.get('ENABLE_NATIVE_SIDECARS');
  const set = boolFlag(flags, 'ENABLE_NATIVE_SIDECARS');
  if (flag && set !== undefined)
    return { native: set, why: `ENABLE_NATIVE_SIDECARS=${flag.value} of ${flag.by}`, assumes: [] };
  if (minor < 27 && !flag?.value.startsWith('auto'))
    return { native: false, why: `native sidecars are off by default before 1.27`, assumes: [] };
  return {
    native: true,
    why: 'native sidecars are on by default since 1.27',
    assumes: ['every node runs Kubernetes 1.33 or later, so that sidecars are native'],
  };
}
