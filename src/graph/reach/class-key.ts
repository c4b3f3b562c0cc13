import type { Principal } from '../../model/inventory/types.ts';
import { objectOf } from '../../model/by.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { type SourceSet, sourceSets } from './port-reach.ts';
import { type NamedPolicy, RenamedSources, sourcesOf } from './sources.ts';

/** What one way to a port lets through, without the names that stand in it. */
interface Content {
  /** The same number: the same but for names. */
  readonly structure: number;
  /** In the order in which the sets name them. */
  readonly identities: readonly Principal[];
  readonly policies: readonly NamedPolicy[];
  /** How many may use the way; 0: nobody. */
  readonly openness: number;
}

const OPENNESS = { anyone: 3, 'any-identity': 2, identities: 1 } as const;

/**
 * Tells ways that let the same callers send the same from those that do not. Of ways that are alike but for names the sets are worked out once:
 * of the others, the names are put in their places, and nothing else is made.
 */
export class ClassKeys {
  readonly #enforcement: Enforcement;
  readonly #structures = new Map<string, number>();
  readonly #contents = new Map<readonly SourceSet[], Content>();
  readonly #keys = new Map<string, number>();

  constructor(enforcement: Enforcement) {
    this.#enforcement = enforcement;
  }

  /** One number for all ways that let the same through, and how open these are. */
  of(region: Region): { readonly number: number; readonly openness: number } {
    const sources = sourcesOf(this.#enforcement, region);
    const isRenamed = sources instanceof RenamedSources;
    const content = this.#contentOf(sourceSets(this.#enforcement, isRenamed ? sources.first.region : region));
    const { structure, identities, policies, openness } = content;
    let key = `${structure}`;
    for (const identity of identities) key += ` ${isRenamed ? sources.rename(identity) : identity}`;
    for (const policy of policies) {
      const { namespace, name } = isRenamed ? sources.renamePolicy(policy) : policy;
      key += ` ${namespace}/${name}`;
    }
    let number = this.#keys.get(key);
    if (number === undefined) {
      number = this.#keys.size;
      this.#keys.set(key, number);
    }
    return { number, openness };
  }

  #contentOf(sets: readonly SourceSet[]): Content {
    let content = this.#contents.get(sets);
    if (!content) {
      const text = JSON.stringify(sets.map(structureOf));
      const structure = this.#structures.get(text) ?? this.#structures.size;
      this.#structures.set(text, structure);
      content = {
        structure,
        identities: sets.flatMap(({ who }) => identitiesOf(who)),
        policies: sets.flatMap(({ operations }) =>
          operations.flatMap(({ by }) => (by ? [objectOf(by)?.resource ?? by] : [])),
        ),
        openness: Math.max(0, ...sets.map(({ who }) => OPENNESS[who.kind])),
      };
      this.#contents.set(sets, content);
    }
    return content;
  }
}

const structureOf = ({ who, operations }: SourceSet): unknown => [
  who.kind,
  identitiesOf(who).length,
  operations.map(({ what, by, except, asks }) => [what, by ? (by.rule ?? '') : null, except.length, asks.length]),
];

function identitiesOf(who: SourceSet['who']): readonly Principal[] {
  if (who.kind === 'anyone') return [];
  return who.kind === 'identities' ? who.identities : who.except;
}
