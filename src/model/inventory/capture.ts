import { JSON_SCHEMA, load } from 'js-yaml';
import type { MeshConfig } from '../mesh-config.ts';
import type { Path } from '../resource.ts';
import { isObject } from '../shape.ts';
import { NO_VALUES, type ProxyValues } from './data-plane/injector-settings.ts';
import type { PodSet } from './pods/pod-set.ts';
import type { Capture } from './types.ts';

const MODES = ['REDIRECT', 'TPROXY', 'NONE'] as const;
const MODE = 'sidecar.istio.io/interceptionMode';
const PROXY_CONFIG = 'proxy.istio.io/config';
const STATUS_PORT = 'status.sidecar.istio.io/port';
const BYPASS_INBOUND = 'ambient.istio.io/bypass-inbound-capture';
/** Annotations without a field in `Capture`; their presence is recorded in `sources`. */
const INTERFACES = {
  excludeInterfaces: 'traffic.sidecar.istio.io/excludeInterfaces',
  kubevirtInterfaces: 'traffic.sidecar.istio.io/kubevirtInterfaces',
  rerouteVirtualInterfaces: 'istio.io/reroute-virtual-interfaces',
} as const;

const EVERYTHING: Omit<Capture, 'mode'> = {
  includeInboundPorts: '*',
  excludeInboundPorts: [],
  includeOutboundPorts: '*',
  excludeOutboundPorts: [],
  includeOutboundCidrs: '*',
  excludeOutboundCidrs: [],
  bypassInbound: false,
  sources: {},
};

/** What a pod without annotations has, once for all of them. */
const USUAL: Readonly<Record<Capture['mode'], Capture>> = {
  REDIRECT: { ...EVERYTHING, mode: 'REDIRECT' },
  TPROXY: { ...EVERYTHING, mode: 'TPROXY' },
  NONE: { ...EVERYTHING, mode: 'NONE' },
};

/** Without a proxy, nothing. */
export const CAPTURES_NOTHING: Capture = {
  ...EVERYTHING,
  mode: 'NONE',
  includeInboundPorts: [],
  includeOutboundPorts: [],
  includeOutboundCidrs: [],
};

/** A gateway listens itself: there is nothing to redirect, and nothing that bypasses it. */
export const LISTENS_ITSELF: Capture = { ...EVERYTHING, mode: 'NONE' };

/**
 * ztunnel takes all TCP; the annotations of the sidecar mean nothing to it. Source: istio cni/pkg/util/podutil.go (CheckBooleanAnnotation),
 * api annotation/annotations.yaml (reference §1.6).
 */
export function captureOfAmbient(set: PodSet): Capture {
  if (!/^(1|t|true)$/i.test(set.annotations[BYPASS_INBOUND] ?? '')) return USUAL.REDIRECT;
  const sources = { bypassInbound: annotationPath(set, BYPASS_INBOUND) };
  return { ...USUAL.REDIRECT, bypassInbound: true, sources };
}

/**
 * What is redirected to the sidecar: pod annotation, else the injector's values, else Istio's default. The proxy's own ports 15020, 15021
 * and 15090 are never captured and not listed. `includeOutboundPorts` adds ports to `includeOutboundCidrs` (`*` when those are all).
 * Source: istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml, tools/istio-iptables (reference §5.3).
 */
export function captureOfSidecar(set: PodSet, values: ProxyValues, config: MeshConfig): Capture {
  if (values === NO_VALUES && !Object.keys(set.annotations).some((key) => key.includes('istio.io/'))) {
    return USUAL[config.interceptionMode.value];
  }
  const sources: Record<string, Path> = {};
  const read = (field: keyof Capture, annotation: string, value: string | undefined): string | undefined => {
    const written = set.annotations[annotation];
    if (written === undefined) return value;
    sources[field] = annotationPath(set, annotation);
    return written;
  };
  const traffic = (name: string) => `traffic.sidecar.istio.io/${name}`;

  const mode = readMode(set, config, sources);
  const inbound = read('includeInboundPorts', traffic('includeInboundPorts'), values.includeInboundPorts) ?? '*';
  const excluded = read('excludeInboundPorts', traffic('excludeInboundPorts'), values.excludeInboundPorts);
  const statusPort = set.annotations[STATUS_PORT];
  if (statusPort !== undefined && excluded === undefined)
    sources.excludeInboundPorts = annotationPath(set, STATUS_PORT);
  const cidrs = read('includeOutboundCidrs', traffic('includeOutboundIPRanges'), values.includeIPRanges) ?? '*';
  const outbound = read('includeOutboundPorts', traffic('includeOutboundPorts'), values.includeOutboundPorts);
  const excludedCidrs = read('excludeOutboundCidrs', traffic('excludeOutboundIPRanges'), values.excludeIPRanges);
  const excludedOutbound = read('excludeOutboundPorts', traffic('excludeOutboundPorts'), values.excludeOutboundPorts);
  for (const [field, annotation] of Object.entries(INTERFACES)) {
    if (set.annotations[annotation] !== undefined) sources[field] = annotationPath(set, annotation);
  }
  return {
    mode,
    includeInboundPorts: inbound.trim() === '*' ? '*' : ports(inbound),
    excludeInboundPorts: [...new Set([...ports(excluded), ...ports(statusPort)])],
    includeOutboundPorts: cidrs.trim() === '*' || outbound?.trim() === '*' ? '*' : ports(outbound),
    excludeOutboundPorts: ports(excludedOutbound),
    includeOutboundCidrs: cidrs.trim() === '*' ? '*' : words(cidrs),
    excludeOutboundCidrs: words(excludedCidrs),
    bypassInbound: false,
    sources,
  };
}

const annotationPath = (set: PodSet, name: string): Path => [...set.templatePath, 'metadata', 'annotations', name];

/** The annotation, else the pod's own proxy config, else `defaultConfig` of the mesh. */
function readMode(set: PodSet, config: MeshConfig, sources: Record<string, Path>): Capture['mode'] {
  for (const [annotation, word] of [
    [MODE, set.annotations[MODE]],
    [PROXY_CONFIG, modeInProxyConfig(set.annotations[PROXY_CONFIG])],
  ] as const) {
    const mode = MODES.find((each) => each === word);
    if (!mode) continue;
    sources.mode = annotationPath(set, annotation);
    return mode;
  }
  return config.interceptionMode.value;
}

function modeInProxyConfig(text: string | undefined): unknown {
  if (!text?.includes('interceptionMode')) return undefined;
  try {
    const config = load(text, { schema: JSON_SCHEMA });
    return isObject(config) ? config.interceptionMode : undefined;
  } catch {
    return undefined;
  }
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function ports(text: string | undefined): readonly number[] {
  return words(text)
    .filter((word) => /^\d{1,5}$/.test(word))
    .map(Number);
}
