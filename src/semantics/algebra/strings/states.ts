/** Numbers the states of a machine that is made while it runs. */
export class States<State> {
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();

  number(key: string, state: State): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push(state) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  at(number: number): State | undefined {
    return this.#states[number];
  }
}
