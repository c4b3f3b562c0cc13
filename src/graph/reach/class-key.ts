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
  /** Of each set that names some. */
  readonly identities: readonly (readonly Principal[])[];
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
    const first = sources instanceof RenamedSources ? sources.first.region : region;
    const content = this.#contentOf(sourceSets(this.#enforcement, first));
    const { openness } = content;
    let key: string;
    if (!(sources instanceof RenamedSources)) key = keyOf(content, content.identities, content.policies);
    else if (content.identities.length > 1) {
      // Other names may put the sets in another order.
      const own = this.#contentOf(sourceSets(this.#enforcement, region));
      key = keyOf(own, own.identities, own.policies);
    } else {
      const identities = content.identities.map((each) => sources.renameAll(each));
      const policies = content.policies.map((policy) => sources.renamePolicy(policy));
      key = keyOf(content, identities, policies);
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
        identities: sets.flatMap(({ who }) => (who.kind === 'anyone' ? [] : [identitiesOf(who)])),
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

function keyOf({ structure }: Content, identities: Content['identities'], policies: Content['policies']): string {
  let key = `${structure}`;
  for (const names of identities) for (const name of names) key += ` ${name}`;
  for (const { namespace, name } of policies) key += ` ${namespace}/${name}`;
  return key;
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
