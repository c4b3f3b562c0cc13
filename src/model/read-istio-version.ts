import type { Version } from './inventory/types.ts';
import type { PodSpec } from './k8s/pod-template.ts';
import type { Metadata, Resource } from './resource.ts';
import type { Resources } from './resources.ts';

interface Sighting {
  readonly value: string;
  /** `istiod image`, … */
  readonly shows: string;
  /** `Deployment istio-system/istiod`. */
  readonly object: string;
}

/**
 * Istio's version: of istiod by its image, else by its labels, else what an installer was told, else of proxies. The newest istiod counts;
 * if others run beside it, `by` names them.
 */
export function readIstioVersion(resources: Resources): Version | undefined {
  for (const see of [seeIstiodImages, seeIstiodLabels, seeInstallers, seeProxyImages, seeInjectorValues]) {
    const sightings = [...see(resources)].toSorted(newestFirst);
    const [newest] = sightings;
    if (!newest) continue;
    const others = new Map(
      sightings.filter(({ value }) => value !== newest.value).map(({ value, object }) => [value, object]),
    );
    const beside = [...others].map(([value, object]) => `${value} (${object})`).join(', ');
    return { value: newest.value, by: `${newest.shows}, ${newest.object}${beside ? `; beside it ${beside}` : ''}` };
  }
  return undefined;
}

/** `1.31` or `1.31.1` at the start of a tag, version or label; undefined for `latest` and digests. */
export function parseVersion(text: string): string | undefined {
  return /^v?(\d{1,3}\.\d{1,3}(?:\.\d{1,4})?)(?![\d.])/.exec(text)?.[1];
}

function parseImage(image: string): string | undefined {
  const name = image.slice(image.lastIndexOf('/') + 1).replace(/@.*$/, '');
  const colon = name.indexOf(':');
  return colon < 0 ? undefined : parseVersion(name.slice(colon + 1));
}

/** `istiod-1.29.1`. */
function parseChart(chart: string): string | undefined {
  const start = chart.search(/-v?\d+\.\d+/);
  return start < 0 ? undefined : parseVersion(chart.slice(start + 1));
}

const nameOf = ({ kind, namespace, name }: Resource): string => `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

function* sight(value: string | undefined, shows: string, resource: Resource): Iterable<Sighting> {
  if (value) yield { value, shows, object: nameOf(resource) };
}

/** The images of those containers, of all of the input, that are `wanted`. */
function* imagesOf(
  resources: Resources,
  wanted: (name: string, image: string) => boolean,
): Iterable<{ readonly resource: Resource; readonly image: string }> {
  for (const resource of resources.of('Pod')) yield* inPod(resource, resource.spec);
  for (const kind of ['Deployment', 'DaemonSet', 'StatefulSet'] as const) {
    for (const resource of resources.of(kind)) {
      const pod = resource.spec.template?.spec;
      if (pod) yield* inPod(resource, pod);
    }
  }

  // A list, and mostly the same empty one: a generator for each of thousands of pods takes longer than the search.
  function inPod(resource: Resource, { containers = [], initContainers = [] }: PodSpec) {
    let found = NO_IMAGES;
    for (const list of [containers, initContainers])
      for (const { name = '', image = '' } of list) if (wanted(name, image)) found = [...found, { resource, image }];
    return found;
  }
}

const NO_IMAGES: readonly { readonly resource: Resource; readonly image: string }[] = Object.freeze([]);

function* seeIstiodImages(resources: Resources): Iterable<Sighting> {
  for (const { resource, image } of imagesOf(resources, (name) => name === 'discovery')) {
    yield* sight(parseImage(image), 'istiod image', resource);
  }
}

function* seeIstiodLabels(resources: Resources): Iterable<Sighting> {
  const labelled: readonly Resource[] = [
    ...resources.of('Deployment'),
    ...resources.of('Service'),
    ...resources.of('ConfigMap'),
    ...resources.of('MutatingWebhookConfiguration'),
  ];
  for (const resource of labelled)
    if (isIstiod(resource)) yield* sight(versionLabel(resource), 'istiod label', resource);
}

function isIstiod({ labels }: Metadata): boolean {
  return (
    labels['app.kubernetes.io/name'] === 'istiod' ||
    labels.app === 'istiod' ||
    labels.istio === 'pilot' ||
    labels.app === 'sidecar-injector'
  );
}

function versionLabel({ labels }: Metadata): string | undefined {
  const version = labels['app.kubernetes.io/version'] ?? labels['operator.istio.io/version'];
  return (version && parseVersion(version)) || parseChart(labels['helm.sh/chart'] ?? '');
}

function* seeInstallers(resources: Resources): Iterable<Sighting> {
  for (const resource of resources.of('IstioOperator')) {
    const tag = resource.spec.tag ?? resource.spec.values?.global?.tag ?? resource.spec.values?.pilot?.tag;
    yield* sight(parseVersion(String(tag ?? '')), 'IstioOperator tag', resource);
  }
  for (const resource of resources.of('SailIstio')) {
    yield* sight(parseVersion(resource.spec.version ?? ''), 'Istio spec.version', resource);
  }
}

function* seeProxyImages(resources: Resources): Iterable<Sighting> {
  const isProxy = (name: string, image: string) =>
    name === 'istio-proxy' || name === 'istio-init' || name === 'install-cni' || /\/proxyv2[:@]/.test(image);
  for (const { resource, image } of imagesOf(resources, isProxy)) {
    yield* sight(parseImage(image), 'proxy image', resource);
  }
}

/** The injector's values, JSON in its ConfigMap: the tag that new proxies get. */
function* seeInjectorValues(resources: Resources): Iterable<Sighting> {
  for (const resource of resources.of('ConfigMap')) {
    const tag = /"tag":\s*"([^"]*)"/.exec(resource.spec.data?.values ?? '')?.[1];
    yield* sight(parseVersion(tag ?? ''), 'injector tag', resource);
  }
}

function newestFirst(a: Sighting, b: Sighting): number {
  const [left, right] = [a.value.split('.').map(Number), b.value.split('.').map(Number)];
  for (let i = 0; i < 3; i++) {
    const difference = (right[i] ?? -1) - (left[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.object < b.object ? -1 : a.object > b.object ? 1 : 0;
}
