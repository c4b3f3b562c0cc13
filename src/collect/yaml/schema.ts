import {
  boolYaml11Tag,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  type LoadOptions,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullCoreTag,
  omapTag,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';
import type { Limits } from '../limits.ts';
import { resolveNumber } from './number.ts';

const PREFIX = 'tag:yaml.org,2002:';
const NUMBER_STARTS = [...'+-.0123456789'];

const number = (name: string, implicit: boolean) =>
  defineScalarTag<number>(PREFIX + name, {
    implicit,
    implicitFirstChars: NUMBER_STARTS,
    resolve: (source) => resolveNumber(source) ?? NOT_RESOLVED,
    identify: () => false,
  });

/** Base64 of a text, which becomes the text. */
const binary = defineScalarTag<string>(`${PREFIX}binary`, {
  resolve: (source) => Buffer.from(source, 'base64').toString('utf8'),
  identify: () => false,
});

const mapping = (tagName: string, matchByTagPrefix: boolean) =>
  defineMappingTag<Record<string, unknown>>(tagName, {
    matchByTagPrefix,
    create: mapTag.create,
    /** Keys become text, as in JSON; only null cannot. */
    addPair: (carrier, key, value) => (key === null ? 'a null key' : mapTag.addPair(carrier, key, value)),
    has: mapTag.has,
    keys: mapTag.keys,
    get: mapTag.get,
    identify: () => false,
  });

// Tags that nobody knows are ignored, and so are those of sets and timestamps.
const anyScalar = defineScalarTag('', { matchByTagPrefix: true, resolve: (source) => source, identify: () => false });
const anySequence = defineSequenceTag<unknown[]>('', {
  matchByTagPrefix: true,
  create: seqTag.create,
  addItem: seqTag.addItem,
  identify: () => false,
});

/**
 * Plain scalars, keys and tags as `sigs.k8s.io/yaml` 1.6 reads them, which kubectl, istioctl and GitOps controllers use: YAML 1.1 booleans,
 * numbers as Go writes them, text for timestamps, merge keys. test/fixtures/input/kubernetes-yaml.json has its answers.
 */
export const kubernetesSchema: Schema = new Schema([
  strTag,
  nullCoreTag,
  boolYaml11Tag,
  number('int', true),
  number('float', false),
  mergeTag,
  binary,
  seqTag,
  omapTag,
  mapping(`${PREFIX}map`, false),
  anyScalar,
  anySequence,
  mapping('', true),
]);

export function loadOptions(limits: Limits): LoadOptions {
  return {
    schema: kubernetesSchema,
    maxDepth: limits.depth,
    maxAliases: limits.aliases,
    maxTotalMergeKeys: limits.mergeKeys,
  };
}
