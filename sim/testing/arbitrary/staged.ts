import fc from 'fast-check';

/**
 * An arbitrary whose values are drawn by one and shrunk by a function of the value alone: the function says in which
 * order a value gets simpler, whatever the draw was made of. Every candidate must be strictly simpler than the value.
 */
export class StagedArbitrary<T> extends fc.Arbitrary<T> {
  readonly #draws: fc.Arbitrary<T>;
  readonly #shrinks: (value: T) => Iterable<T>;

  constructor(draws: fc.Arbitrary<T>, shrinks: (value: T) => Iterable<T>) {
    super();
    this.#draws = draws;
    this.#shrinks = shrinks;
  }

  generate(random: fc.Random, biasFactor: number | undefined): fc.Value<T> {
    return new fc.Value(this.#draws.generate(random, biasFactor).value, undefined);
  }

  canShrinkWithoutContext(value: unknown): value is T {
    return this.#draws.canShrinkWithoutContext(value);
  }

  shrink(value: T): fc.Stream<fc.Value<T>> {
    return fc.stream(valuesOf(this.#shrinks(value)));
  }
}

function* valuesOf<T>(values: Iterable<T>): IterableIterator<fc.Value<T>> {
  for (const value of values) yield new fc.Value(value, undefined);
}

/** Whole numbers below `from`, down to `to`: the lowest first, then ever nearer, as a search that halves the rest. */
export function* lower(from: number, to: number): IterableIterator<number> {
  for (let gap = from - to; gap > 0; gap = Math.floor(gap / 2)) yield from - gap;
}

/** Shorter lists: none, the halves, then one element fewer. */
export function* shorter<T>(list: readonly T[]): IterableIterator<T[]> {
  if (list.length === 0) return;
  yield [];
  const half = Math.floor(list.length / 2);
  if (half > 1) yield list.slice(0, half);
  if (half > 0 && list.length > 2) yield list.slice(half);
  if (list.length > 1) for (let i = 0; i < list.length; i++) yield list.filter((_, at) => at !== i);
}
