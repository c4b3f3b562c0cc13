import { isSamePlace } from '../jwt/token-place.ts';
import { exact, type Substitution, substitute } from './bounds.ts';
import { all, any, type Axis, type Formula, literal, NOTHING, not } from './formula.ts';
import { carrying, withoutTokenOn } from './routes/by-token.ts';
import { isSameFormula } from './same-formula.ts';
import type { SetPool } from './set-pool.ts';
import { NO_TOKEN, type TokenSets } from './token-sets.ts';

/**
 * A set of one state of the mesh with its tokens told by the rules of another state: values of the axis number the rules, and a token of a
 * request is one and the same in both. A token where the own rules do not look is a text like any other.
 */
export function tokensAsIn(pool: SetPool, axis: Axis, formula: Formula, own: TokenSets, other: TokenSets): Formula {
  if (areSame(own, other)) return formula;
  const among = (values: readonly string[]): Formula =>
    values.length === 0 ? NOTHING : literal(axis, pool.tokens(values));
  const unseen = other.places.filter((place) => !own.places.some((known) => isSamePlace(known, place)));
  const valuesAt = (place: (typeof unseen)[number]): readonly string[] =>
    other.accepted.filter((each) => isSamePlace(each.place, place)).map(({ value }) => value);
  const translated: Substitution = ({ axis: { key }, set }) => {
    if (key !== axis.key || set.kind !== 'token') return undefined;
    const { rules } = set;
    const none = rules.has(NO_TOKEN) ? [among([NO_TOKEN, ...unseen.flatMap(valuesAt)])] : [];
    const read = own.accepted
      .filter(({ value }) => rules.has(value))
      .map(({ place, accepts }) => all([among(valuesAt(place)), accepts]));
    return exact(any([...none, ...read]));
  };
  const seen = all([not(among(unseen.flatMap(valuesAt))), substitute(exact(formula), translated).surely]);
  const bare = withoutTokenOn(axis, exact(formula));
  const texts = unseen.map((place) => all([among(valuesAt(place)), carrying(place, bare).surely]));
  return any([seen, ...texts]);
}

const areSame = ({ accepted }: TokenSets, { accepted: others }: TokenSets): boolean =>
  accepted.length === others.length &&
  accepted.every(({ value, accepts }, i) => {
    const other = others[i];
    return other?.value === value && isSameFormula(accepts, other.accepts);
  });
